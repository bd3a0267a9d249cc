//! Amounts of money: whole minor units of a currency, as text and from text. No floating point is involved.

use leptos::prelude::*;

/// How many digits a currency has behind its decimal separator (ISO 4217).
pub fn currency_digits(currency: &str) -> usize {
    match currency {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "VND" | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        _ => 2,
    }
}

/// The currencies that forms offer (ISO 4217).
pub const CURRENCIES: [&str; 36] = [
    "AED", "AUD", "BGN", "BHD", "BRL", "CAD", "CHF", "CLP", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "IDR", "ILS", "INR", "JPY",
    "KES", "KRW", "KWD", "MXN", "NGN", "NOK", "NZD", "PHP", "PLN", "RON", "SAR", "SEK", "SGD", "THB", "TRY", "USD", "ZAR",
];

/// Minor units as a plain decimal number, such as `-1234.50`: what programs read.
pub fn decimal(minor_units: i64, currency: &str) -> String {
    let digits = currency_digits(currency);
    let sign = if minor_units < 0 { "-" } else { "" };
    let all = format!("{:0>width$}", minor_units.unsigned_abs(), width = digits + 1);
    let (whole, rest) = all.split_at(all.len() - digits);
    if digits == 0 {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{rest}")
    }
}

/// An amount as a person reads it, in the reader's locale: `€1,234.50`, negative with a minus sign.
pub fn money_text(minor_units: i64, currency: &str) -> String {
    let plain = decimal(minor_units, currency);
    crate::intl::money(&plain, currency)
        .unwrap_or_else(|| grouped(&plain, currency))
        .replace('-', "\u{2212}")
}

/// The text where there is no browser: `1,234.50 EUR`.
fn grouped(plain: &str, currency: &str) -> String {
    let (sign, digits) = plain.strip_prefix('-').map_or(("", plain), |digits| ("-", digits));
    let (whole, rest) = digits.split_once('.').map_or((digits, None), |(whole, rest)| (whole, Some(rest)));
    let mut out = String::from(sign);
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(rest) = rest {
        out.push('.');
        out.push_str(rest);
    }
    format!("{out} {currency}")
}

/// Reads an amount that a person typed, in the reader's locale. The error is a sentence for the field.
pub fn parse_money(text: &str, currency: &str) -> Result<i64, String> {
    parse_with(text, currency_digits(currency), crate::intl::decimal_separator())
}

/// Reads an amount: the last of two kinds of separators is the decimal one; a lone separator before exactly three digits is
/// the decimal one only if the locale says so.
fn parse_with(text: &str, digits: usize, locale_decimal: char) -> Result<i64, String> {
    let compact: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '\u{2019}' | '\''))
        .collect();
    let (negative, body) = match compact.strip_prefix(['-', '\u{2212}']) {
        Some(body) => (true, body),
        None => (false, compact.as_str()),
    };
    if body.is_empty() {
        return Err("Enter an amount.".into());
    }
    if !body.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',')) || !body.contains(|c: char| c.is_ascii_digit()) {
        return Err("Enter an amount in digits, such as 1,250.00.".into());
    }
    let (whole, rest) = split_decimals(body, locale_decimal);
    if whole.contains(['.', ',']) && !groups_of_three(whole) {
        return Err("Enter an amount in digits, such as 1,250.00.".into());
    }
    if rest.len() > digits {
        return Err(match digits {
            0 => "This currency has no decimals.".into(),
            _ => format!("This currency has {digits} decimals at most."),
        });
    }
    let all: String = whole.chars().chain(rest.chars()).filter(char::is_ascii_digit).collect();
    let zeros = "0".repeat(digits - rest.len());
    let units: i64 = format!("{all}{zeros}")
        .parse()
        .map_err(|_| "This amount is too large.".to_owned())?;
    Ok(if negative { -units } else { units })
}

/// Splits before and after the decimal separator.
fn split_decimals(body: &str, locale_decimal: char) -> (&str, &str) {
    let Some(last) = body.rfind(['.', ',']) else {
        return (body, "");
    };
    let separator = &body[last..=last];
    let (before, after) = (&body[..last], &body[last + 1..]);
    let decimal = if before.contains(separator) {
        false
    } else if before.contains(['.', ',']) || after.len() != 3 {
        true
    } else {
        separator.starts_with(locale_decimal)
    };
    if decimal { (before, after) } else { (body, "") }
}

/// Whether the separators stand where thousands are separated, and are all the same.
fn groups_of_three(whole: &str) -> bool {
    let mut groups = whole.split(['.', ',']);
    let first = groups.next().unwrap_or_default().len();
    !(whole.contains('.') && whole.contains(',')) && (1..=3).contains(&first) && groups.all(|group| group.len() == 3)
}

/// An amount with its currency; negative amounts have a minus sign.
#[component]
pub fn MoneyText(
    /// Minor units: cents.
    #[prop(into)]
    minor_units: Signal<i64>,
    /// The currency's code.
    #[prop(into)]
    currency: Signal<String>,
) -> impl IntoView {
    view! { <span class="money">{move || money_text(minor_units.get(), &currency.get())}</span> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_has_the_digits_of_the_currency() {
        assert_eq!(money_text(123_456_789, "EUR"), "1,234,567.89 EUR");
        assert_eq!(money_text(-5, "USD"), "\u{2212}0.05 USD");
        assert_eq!(money_text(1234, "JPY"), "1,234 JPY");
        assert_eq!(money_text(1234, "KWD"), "1.234 KWD");
        assert_eq!(decimal(i64::MIN, "EUR"), "-92233720368547758.08");
    }

    #[test]
    fn both_ways_to_separate_are_read() {
        for text in ["1234.5", "1,234.50", "1.234,50", "1 234,5", "1'234.50", "1234,50"] {
            assert_eq!(parse_with(text, 2, '.'), Ok(123_450), "{text}");
        }
        assert_eq!(parse_with("1,234", 2, '.'), Ok(123_400));
        assert_eq!(parse_with("1.234", 2, ','), Ok(123_400));
        assert_eq!(parse_with("1.234", 3, '.'), Ok(1_234));
        assert_eq!(parse_with("1,234,567", 2, ','), Ok(123_456_700));
        assert_eq!(parse_with("-0.01", 2, '.'), Ok(-1));
        assert_eq!(parse_with("500", 0, '.'), Ok(500));
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in ["", "-", ".", "12a", "1,23,456", "1.2,3.4", "1e5"] {
            assert!(parse_with(text, 2, '.').is_err(), "{text}");
        }
        assert!(parse_with("1.234", 2, '.').unwrap_err().contains("2 decimals"));
        assert!(parse_with("1.5", 0, '.').unwrap_err().contains("no decimals"));
        assert!(parse_with("99999999999999999999", 2, '.').unwrap_err().contains("too large"));
    }
}
