//! Measurements of a running program: what `/proc` says of its processes, and the counters of an instance.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use super::http;
use super::process::{self, Stat};
use super::spec::State;

/// How long an instance may take to show its counters.
const SCRAPE_TIMEOUT: Duration = Duration::from_secs(2);
/// How long an instance may take to say that it is well.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);
/// What it says then is a word.
const PROBE_BYTES: usize = 4 * 1024;
/// The counters of an instance take a few kilobytes.
const SCRAPE_BYTES: usize = 256 * 1024;

/// What the processes of a program use together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Processor time used since the program started. Falls when the program is started again.
    pub cpu_time: Duration,
    /// Memory that is in use now.
    pub resident_bytes: u64,
    /// Processes that run.
    pub processes: u64,
    /// Their threads.
    pub threads: u64,
    /// Their open files.
    pub open_files: u64,
}

/// All processes of this machine at one moment, so that many programs are measured with one look.
pub struct Processes {
    boot_id: String,
    all: Vec<Stat>,
}

impl Processes {
    /// Looks at the processes of this machine. Blocks for a few milliseconds.
    pub fn look() -> io::Result<Self> {
        Ok(Self {
            boot_id: process::boot_id()?,
            all: process::all()?,
        })
    }

    /// What the program of this state uses; none if it does not run.
    pub fn usage(&self, state: &State) -> Option<Usage> {
        let members = state.members(&self.all, &self.boot_id);
        if members.is_empty() {
            return None;
        }
        let page = u64::try_from(rustix::param::page_size()).ok()?;
        let ticks: u64 = members.iter().map(|member| member.cpu_ticks).sum();
        let tick_micros = 1_000_000 / rustix::param::clock_ticks_per_second();
        Some(Usage {
            cpu_time: Duration::from_micros(ticks * tick_micros),
            resident_bytes: members.iter().map(|member| member.resident_pages * page).sum(),
            processes: members.len() as u64,
            threads: members.iter().map(|member| member.threads).sum(),
            open_files: members.iter().map(|member| open_files(member.id.pid)).sum(),
        })
    }
}

/// The files a process has open; none if it is just gone.
fn open_files(pid: i32) -> u64 {
    std::fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, |entries| entries.count() as u64)
}

/// The counters of an instance, since its process started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traffic {
    /// When the process started, in milliseconds since 1970: counters of another process start over.
    pub started_at_millis: u64,
    /// Requests answered.
    pub requests: u64,
    /// Requests answered with a status of 500 or more.
    pub failures: u64,
    /// Bytes of requests, headers included.
    pub request_bytes: u64,
    /// Bytes of responses, headers included.
    pub response_bytes: u64,
}

/// Reads the counters of the instance that listens at this address from its `/metrics`.
pub async fn traffic(address: SocketAddr) -> io::Result<Traffic> {
    let text = http::get(address, "/metrics", SCRAPE_TIMEOUT, SCRAPE_BYTES).await?;
    parse(&text).ok_or_else(|| {
        let text = format!("The metrics of the instance at {address} lack a counter.");
        io::Error::new(io::ErrorKind::InvalidData, text)
    })
}

/// Whether the instance that listens at this address says that it is well.
pub async fn is_well(address: SocketAddr) -> bool {
    http::get(address, "/healthz", PROBE_TIMEOUT, PROBE_BYTES).await.is_ok()
}

fn parse(text: &str) -> Option<Traffic> {
    let series = |name: &'static str| {
        text.lines().filter_map(move |line| {
            let (labels, value) = line.strip_prefix(name)?.rsplit_once(' ')?;
            (labels.is_empty() || labels.starts_with('{')).then_some((labels, value))
        })
    };
    let number = |name| series(name).next()?.1.parse::<u64>().ok();
    let requests = series("tenantry_instance_requests_total")
        .map(|(labels, value)| Some((labels.contains("status=\"5xx\""), value.parse::<u64>().ok()?)))
        .collect::<Option<Vec<_>>>()?;
    let (seconds, millis) = series("process_start_time_seconds").next()?.1.split_once('.')?;
    Some(Traffic {
        started_at_millis: seconds.parse::<u64>().ok()? * 1000 + millis.parse::<u64>().ok()?,
        requests: requests.iter().map(|(_, count)| count).sum(),
        failures: requests.iter().filter(|(failure, _)| *failure).map(|(_, count)| count).sum(),
        request_bytes: number("tenantry_instance_request_bytes_total")?,
        response_bytes: number("tenantry_instance_response_bytes_total")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_summed_over_methods_and_statuses() {
        let text = "# TYPE tenantry_instance_requests_total counter\n\
            tenantry_instance_requests_total{method=\"GET\",status=\"2xx\"} 5\n\
            tenantry_instance_requests_total{method=\"POST\",status=\"5xx\"} 2\n\
            tenantry_instance_request_bytes_total 100\n\
            tenantry_instance_response_bytes_total 900\n\
            process_start_time_seconds 1763600000.125\n";
        let traffic = parse(text).unwrap();
        assert_eq!((traffic.requests, traffic.failures), (7, 2));
        assert_eq!((traffic.request_bytes, traffic.response_bytes), (100, 900));
        assert_eq!(traffic.started_at_millis, 1_763_600_000_125);
    }

    #[test]
    fn a_missing_counter_is_no_zero() {
        assert_eq!(parse("process_start_time_seconds 1.0\n"), None);
    }
}
