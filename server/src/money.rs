//! Exact amounts. All rounding of the program is in this module: half away from zero, once.

use serde::{Deserialize, Serialize};

/// An amount in a currency's smallest unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// ISO 4217 code in upper case.
    pub currency: String,
    /// Cents for EUR, yen for JPY, fils for KWD.
    pub minor: i64,
}

/// What can go wrong when amounts are computed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Two currencies in one sum.
    #[error("amounts in {0} and {1} cannot be put together")]
    Mixed(String, String),
    /// The result does not fit.
    #[error("the amount is too large")]
    Overflow,
    /// A share of nothing.
    #[error("cannot divide by zero")]
    DivisionByZero,
}

/// Rates are parts per million.
pub const MILLION: i64 = 1_000_000;

impl Money {
    /// An amount.
    pub fn new(currency: impl Into<String>, minor: i64) -> Self {
        Self {
            currency: currency.into(),
            minor,
        }
    }

    fn same(&self, other: &Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            return Ok(());
        }
        Err(MoneyError::Mixed(self.currency.clone(), other.currency.clone()))
    }

    /// The sum; an error for two currencies.
    pub fn plus(&self, other: &Self) -> Result<Self, MoneyError> {
        self.same(other)?;
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Self::new(self.currency.clone(), minor))
    }

    /// The difference; an error for two currencies.
    pub fn minus(&self, other: &Self) -> Result<Self, MoneyError> {
        self.same(other)?;
        let minor = self.minor.checked_sub(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Self::new(self.currency.clone(), minor))
    }

    /// `parts` of `whole`, rounded.
    pub fn share(&self, parts: i64, whole: i64) -> Result<Self, MoneyError> {
        Ok(Self::new(self.currency.clone(), mul_div(self.minor, parts, whole)?))
    }
}

/// `amount * parts / whole`, rounded half away from zero.
pub fn mul_div(amount: i64, parts: i64, whole: i64) -> Result<i64, MoneyError> {
    sum_mul_div([(amount, parts)], whole)
}

/// The sum of all `amount * parts`, over `whole`, rounded once, half away from zero.
pub fn sum_mul_div(shares: impl IntoIterator<Item = (i64, i64)>, whole: i64) -> Result<i64, MoneyError> {
    if whole == 0 {
        return Err(MoneyError::DivisionByZero);
    }
    // Two 64-bit factors fit 128 bits, and so does twice the remainder.
    let mut products = shares.into_iter().map(|(amount, parts)| i128::from(amount) * i128::from(parts));
    let product = products.try_fold(0, i128::checked_add).ok_or(MoneyError::Overflow)?;
    let whole = i128::from(whole);
    let (quotient, remainder) = (product / whole, product % whole);
    let away = if remainder.abs() * 2 >= whole.abs() {
        (product.signum() * whole.signum()).clamp(-1, 1)
    } else {
        0
    };
    i64::try_from(quotient + away).map_err(|_| MoneyError::Overflow)
}

/// How many digits follow the point in a currency (ISO 4217), or `None` for a code that is not a currency the program knows.
pub fn exponent(currency: &str) -> Option<u32> {
    match currency {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "UYI" | "VND" | "VUV" | "XAF" | "XOF"
        | "XPF" => Some(0),
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => Some(3),
        "AED" | "AFN" | "ALL" | "AMD" | "AOA" | "ARS" | "AUD" | "AWG" | "AZN" | "BAM" | "BBD" | "BDT" | "BGN" | "BMD" | "BND" | "BOB"
        | "BRL" | "BSD" | "BTN" | "BWP" | "BYN" | "BZD" | "CAD" | "CDF" | "CHF" | "CNY" | "COP" | "CRC" | "CUP" | "CVE" | "CZK" | "DKK"
        | "DOP" | "DZD" | "EGP" | "ERN" | "ETB" | "EUR" | "FJD" | "FKP" | "GBP" | "GEL" | "GHS" | "GIP" | "GMD" | "GTQ" | "GYD" | "HKD"
        | "HNL" | "HTG" | "HUF" | "IDR" | "ILS" | "INR" | "IRR" | "JMD" | "KES" | "KGS" | "KHR" | "KPW" | "KYD" | "KZT" | "LAK" | "LBP"
        | "LKR" | "LRD" | "LSL" | "MAD" | "MDL" | "MGA" | "MKD" | "MMK" | "MNT" | "MOP" | "MRU" | "MUR" | "MVR" | "MWK" | "MXN" | "MYR"
        | "MZN" | "NAD" | "NGN" | "NIO" | "NOK" | "NPR" | "NZD" | "PAB" | "PEN" | "PGK" | "PHP" | "PKR" | "PLN" | "QAR" | "RON" | "RSD"
        | "RUB" | "SAR" | "SBD" | "SCR" | "SDG" | "SEK" | "SGD" | "SHP" | "SLE" | "SOS" | "SRD" | "SSP" | "STN" | "SVC" | "SYP" | "SZL"
        | "THB" | "TJS" | "TMT" | "TOP" | "TRY" | "TTD" | "TWD" | "TZS" | "UAH" | "USD" | "UYU" | "UZS" | "VES" | "WST" | "XCD" | "YER"
        | "ZAR" | "ZMW" => Some(2),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_rounded_away_from_zero() {
        for (amount, parts, whole, result) in [
            (1, 1, 2, 1),
            (-1, 1, 2, -1),
            (1, -1, 2, -1),
            (3, 1, 2, 2),
            (1, 1, 3, 0),
            (2, 1, 3, 1),
            (-2, 1, 3, -1),
            (5, 1, -2, -3),
            (9000, 85, 92, 8315),
        ] {
            assert_eq!(mul_div(amount, parts, whole), Ok(result), "{amount} * {parts} / {whole}");
        }
    }

    #[test]
    fn the_largest_amounts_do_not_wrap() {
        assert_eq!(mul_div(i64::MAX, i64::MAX, i64::MAX), Ok(i64::MAX));
        assert_eq!(mul_div(i64::MIN, i64::MAX, 1), Err(MoneyError::Overflow));
        assert_eq!(mul_div(1, 1, 0), Err(MoneyError::DivisionByZero));
        assert_eq!(Money::new("EUR", i64::MAX).plus(&Money::new("EUR", 1)), Err(MoneyError::Overflow));
    }

    #[test]
    fn currencies_are_not_mixed() {
        assert!(matches!(
            Money::new("EUR", 1).plus(&Money::new("USD", 1)),
            Err(MoneyError::Mixed(..))
        ));
    }
}
