//! What is typed into the form of a plan, and the message that it becomes.

use portal_client::pb;
use portal_ui::{Violations, decimal, parse_money};

const MEBIBYTE: i64 = 1 << 20;
/// The largest amount of a price, in minor units.
const MOST: i64 = 1_000_000_000_000;

/// The fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanInput {
    pub code: String,
    pub display_name: String,
    pub description: String,
    pub deployments: String,
    /// In megabytes.
    pub memory: String,
    /// Empty means without limit.
    pub subscribers: String,
    pub users: String,
    pub prices: Vec<PriceInput>,
}

/// One price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceInput {
    /// The name of the cadence in the contract.
    pub cadence: String,
    pub currency: String,
    pub amount: String,
}

impl Default for PlanInput {
    fn default() -> Self {
        Self {
            code: String::new(),
            display_name: String::new(),
            description: String::new(),
            deployments: "1".into(),
            memory: "256".into(),
            subscribers: String::new(),
            users: "5".into(),
            prices: vec![PriceInput::default()],
        }
    }
}

impl Default for PriceInput {
    fn default() -> Self {
        Self {
            cadence: pb::Cadence::Monthly.as_str_name().into(),
            currency: "EUR".into(),
            amount: String::new(),
        }
    }
}

impl From<&pb::Plan> for PlanInput {
    fn from(plan: &pb::Plan) -> Self {
        let it = plan.entitlements.unwrap_or_default();
        let price = |price: &pb::Price| {
            let amount = price.amount.clone().unwrap_or_default();
            PriceInput {
                cadence: price.cadence().as_str_name().into(),
                amount: decimal(amount.minor_units, &amount.currency_code),
                currency: amount.currency_code,
            }
        };
        Self {
            code: plan.code.clone(),
            display_name: plan.display_name.clone(),
            description: plan.description.clone(),
            deployments: it.deployments.to_string(),
            memory: (it.memory_bytes / MEBIBYTE).to_string(),
            subscribers: if it.subscribers == 0 {
                String::new()
            } else {
                it.subscribers.to_string()
            },
            users: it.users.to_string(),
            prices: plan.prices.iter().map(price).collect(),
        }
    }
}

/// Collects what is wrong.
struct Wrong(Violations);

impl Wrong {
    fn say(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.0.push((path.into(), message.into()));
    }

    /// A whole number within bounds.
    fn number(&mut self, path: &str, text: &str, low: i64, high: i64) -> i64 {
        let plain: String = text.chars().filter(|c| !c.is_whitespace() && *c != ',').collect();
        match plain.parse() {
            Ok(number) if (low..=high).contains(&number) => number,
            _ => {
                self.say(path, format!("Enter a whole number from {low} to {high}."));
                low
            }
        }
    }
}

impl TryFrom<PlanInput> for pb::Plan {
    type Error = Violations;

    fn try_from(input: PlanInput) -> Result<Self, Violations> {
        let mut wrong = Wrong(Violations::new());
        if !is_code(&input.code) {
            wrong.say("plan.code", "Use 3 to 40 lowercase letters, digits and inner hyphens.");
        }
        if input.display_name.trim().is_empty() || input.display_name.trim().chars().count() > 80 {
            wrong.say("plan.display_name", "Enter a name of 1 to 80 characters.");
        }
        if input.description.trim().chars().count() > 500 {
            wrong.say("plan.description", "Use at most 500 characters.");
        }
        let subscribers = if input.subscribers.trim().is_empty() {
            "0"
        } else {
            &input.subscribers
        };
        let entitlements = pb::Entitlements {
            deployments: wrong.number("plan.entitlements.deployments", &input.deployments, 1, 100) as i32,
            memory_bytes: wrong.number("plan.entitlements.memory_bytes", &input.memory, 64, 65_536) * MEBIBYTE,
            subscribers: wrong.number("plan.entitlements.subscribers", subscribers, 0, 1_000_000_000),
            users: wrong.number("plan.entitlements.users", &input.users, 1, 10_000) as i32,
        };
        if input.prices.is_empty() {
            wrong.say("plan.prices", "Add at least one price.");
        }
        let mut prices: Vec<pb::Price> = Vec::new();
        for (at, one) in input.prices.iter().enumerate() {
            let same = |other: &&PriceInput| other.cadence == one.cadence && other.currency == one.currency;
            if input.prices[..at].iter().any(|other| same(&other)) {
                wrong.say(
                    format!("plan.prices[{at}].cadence"),
                    format!("There is a price for this period in {} already.", one.currency),
                );
            }
            let amount = match parse_money(&one.amount, &one.currency) {
                Ok(units) if (0..=MOST).contains(&units) => units,
                Ok(_) => {
                    wrong.say(
                        format!("plan.prices[{at}].amount"),
                        "Enter an amount that is not negative and not larger than ten billion.",
                    );
                    0
                }
                Err(message) => {
                    wrong.say(format!("plan.prices[{at}].amount"), message);
                    0
                }
            };
            prices.push(pb::Price {
                id: String::new(),
                cadence: pb::Cadence::from_str_name(&one.cadence).unwrap_or_default().into(),
                amount: Some(pb::Money {
                    currency_code: one.currency.clone(),
                    minor_units: amount,
                }),
            });
        }
        if !wrong.0.is_empty() {
            return Err(wrong.0);
        }
        Ok(Self {
            code: input.code,
            display_name: input.display_name.trim().to_owned(),
            description: input.description.trim().to_owned(),
            entitlements: Some(entitlements),
            prices,
            ..Self::default()
        })
    }
}

/// Whether a text can be a code: lowercase letters, digits, inner hyphens.
fn is_code(code: &str) -> bool {
    let letters = code.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    (3..=40).contains(&code.len()) && letters && !code.starts_with('-') && !code.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled() -> PlanInput {
        PlanInput {
            code: "fibre-pro".into(),
            display_name: " Fibre Pro ".into(),
            subscribers: "2,500".into(),
            prices: vec![
                PriceInput {
                    amount: "49.90".into(),
                    ..PriceInput::default()
                },
                PriceInput {
                    currency: "JPY".into(),
                    amount: "7,900".into(),
                    ..PriceInput::default()
                },
            ],
            ..PlanInput::default()
        }
    }

    #[test]
    fn the_form_becomes_the_plan_and_comes_back() {
        let plan = pb::Plan::try_from(filled()).expect("nothing is wrong");
        assert_eq!(plan.display_name, "Fibre Pro");
        assert_eq!(
            plan.entitlements.map(|it| (it.memory_bytes, it.subscribers)),
            Some((256 << 20, 2500))
        );
        let units: Vec<i64> = plan
            .prices
            .iter()
            .flat_map(|price| price.amount.clone())
            .map(|amount| amount.minor_units)
            .collect();
        assert_eq!(units, [4990, 7900]);
        let back = PlanInput::from(&plan);
        assert_eq!(back.prices[0].amount, "49.90");
        assert_eq!(pb::Plan::try_from(back), Ok(plan));
    }

    #[test]
    fn everything_wrong_is_said_at_once_by_the_paths_of_the_request() {
        let mut input = PlanInput {
            code: "-x".into(),
            memory: "12".into(),
            users: "many".into(),
            ..filled()
        };
        input.prices[1].currency = "EUR".into();
        input.prices[1].amount = "-1".into();
        let wrong = pb::Plan::try_from(input).expect_err("much is wrong");
        let paths: Vec<&str> = wrong.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(
            paths,
            [
                "plan.code",
                "plan.entitlements.memory_bytes",
                "plan.entitlements.users",
                "plan.prices[1].cadence",
                "plan.prices[1].amount"
            ]
        );
    }
}
