//! Made-up data: the same on every visit.

use portal_ui::{ListState, LogLine, Rows, Series, now};

/// A tenant of the gallery.
#[derive(Clone, Debug, PartialEq)]
pub struct Tenant {
    pub id: String,
    pub name: String,
    pub slug: String,
    pub state: &'static str,
    pub plan: &'static str,
    pub revenue: i64,
    pub currency: &'static str,
    pub created: i64,
}

const FIRST: [&str; 12] = [
    "Nordlicht",
    "Acme",
    "Blue Harbor",
    "Valley",
    "Cedar",
    "Metro",
    "Skyline",
    "Pine Ridge",
    "Delta",
    "Orbit",
    "Granite",
    "Coastal",
];
const SECOND: [&str; 6] = ["Fiber", "Broadband", "Networks", "Wireless", "Internet", "Telecom"];
const STATES: [&str; 8] = [
    "ACTIVE",
    "ACTIVE",
    "ACTIVE",
    "ONBOARDING",
    "ACTIVE",
    "SUSPENDED",
    "FAILED",
    "DELETED",
];
const PLANS: [&str; 3] = ["Starter", "Growth", "Carrier"];

/// All tenants.
fn tenants() -> Vec<Tenant> {
    let all = FIRST
        .iter()
        .flat_map(|first| SECOND.iter().map(move |second| format!("{first} {second}")));
    let tenant = |(at, name): (usize, String)| Tenant {
        id: format!("ten_0190a1b2c3d47e5f8071{:012x}", at * 7919),
        slug: name.to_lowercase().replace(' ', "-"),
        name,
        state: STATES[at * 5 % STATES.len()],
        plan: PLANS[at % PLANS.len()],
        revenue: [4_900, 19_900, 149_000][at % 3] + (at as i64 * 1_313) % 9_000,
        currency: if at % 4 == 1 { "EUR" } else { "USD" },
        created: now() - (at as i64 * 41 + 1) * 3_600_000,
    };
    all.enumerate().map(tenant).collect()
}

/// The page of the list that its state asks for.
pub fn page(list: ListState) -> Rows<Tenant> {
    let (search, states) = (list.search().to_lowercase(), list.filter("state"));
    let mut found: Vec<Tenant> = tenants()
        .into_iter()
        .filter(|tenant| tenant.name.to_lowercase().contains(&search))
        .filter(|tenant| states.is_empty() || states.iter().any(|state| state == tenant.state))
        .collect();
    if let Some(sort) = list.sort() {
        found.sort_by(|a, b| match sort.field.as_str() {
            "revenue" => a.revenue.cmp(&b.revenue),
            "created" => a.created.cmp(&b.created),
            _ => a.name.cmp(&b.name),
        });
        if sort.descending {
            found.reverse();
        }
    }
    let from = list.page_token().parse::<usize>().unwrap_or(0);
    let size = list.page_size() as usize;
    let next = if from + size < found.len() {
        (from + size).to_string()
    } else {
        String::new()
    };
    Rows {
        total: found.len() as u64,
        next,
        items: found.into_iter().skip(from).take(size).collect(),
    }
}

/// The tenant with an id.
pub fn tenant(id: &str) -> Option<Tenant> {
    tenants().into_iter().find(|tenant| tenant.id == id)
}

/// A line that goes up and down.
pub fn series(name: &str, step_ms: i64, base: f64, swing: f64, phase: f64) -> Series {
    let start = now() / step_ms * step_ms - 59 * step_ms;
    let value = |at: i64| {
        let x = at as f64;
        base + swing * ((x * 0.21 + phase).sin() + 0.45 * (x * 0.67 + phase).cos())
    };
    // A gap, as when nothing was measured.
    let point = |at: i64| (start + at * step_ms, (!(22..25).contains(&at)).then(|| value(at).max(0.0)));
    Series {
        name: name.to_owned(),
        points: (0..60).map(point).collect(),
    }
}

/// Lines of a log.
pub fn log_lines(from: u64, count: u64) -> Vec<LogLine> {
    let text = |number: u64| match number % 17 {
        5 => format!("WARN  http: slow answer path=/subscribers elapsed_ms={}", 480 + number % 90),
        11 => "ERROR store: the file is locked, trying again in 50 ms".to_owned(),
        _ => format!(
            "INFO  http: GET /subscribers?page={} 200 {} bytes in {} ms",
            number % 9,
            900 + number * 7 % 4000,
            2 + number % 11
        ),
    };
    (from..from + count)
        .map(|number| LogLine {
            number,
            at: now() - (240 - number as i64) * 1_700,
            text: text(number),
        })
        .collect()
}
