//! What the browser knows about the reader's locale. Outside a browser it answers nothing, and callers have their own plain text.

#[cfg(target_arch = "wasm32")]
mod browser {
    use js_sys::{Array, Function, Intl, Object, Reflect};
    use wasm_bindgen::{JsCast, JsValue};

    /// Options for a formatter.
    fn options(pairs: &[(&str, &str)]) -> Object {
        let object = Object::new();
        for (name, value) in pairs {
            let _ = Reflect::set(&object, &JsValue::from_str(name), &JsValue::from_str(value));
        }
        object
    }

    /// An amount with its currency's sign. The number goes in as text, which the formatter reads exactly.
    pub fn money(plain: &str, currency: &str) -> Option<String> {
        let options = options(&[("style", "currency"), ("currency", currency)]);
        let formatter = Intl::NumberFormat::new(&Array::new(), &options);
        format(&formatter, &JsValue::from_str(plain))
    }

    /// A moment as date and time with the zone's short name.
    pub fn date_time(at: i64, zone: Option<&str>) -> Option<String> {
        let mut pairs = vec![
            ("day", "numeric"),
            ("month", "short"),
            ("year", "numeric"),
            ("hour", "2-digit"),
            ("minute", "2-digit"),
            ("second", "2-digit"),
            ("timeZoneName", "short"),
        ];
        pairs.extend(zone.map(|zone| ("timeZone", zone)));
        let formatter = Intl::DateTimeFormat::new(&Array::new(), &options(&pairs));
        format(&formatter, &JsValue::from_f64(at as f64))
    }

    /// The time of the day, for logs and axes.
    pub fn clock(at: i64, zone: Option<&str>, seconds: bool) -> Option<String> {
        let mut pairs = vec![("hour", "2-digit"), ("minute", "2-digit"), ("hourCycle", "h23")];
        if seconds {
            pairs.push(("second", "2-digit"));
        }
        pairs.extend(zone.map(|zone| ("timeZone", zone)));
        let formatter = Intl::DateTimeFormat::new(&Array::new(), &options(&pairs));
        format(&formatter, &JsValue::from_f64(at as f64))
    }

    /// The zone that the browser is set to.
    pub fn own_zone() -> Option<String> {
        let options = Intl::DateTimeFormat::new(&Array::new(), &Object::new()).resolved_options();
        Reflect::get(&options, &"timeZone".into()).ok()?.as_string()
    }

    /// The names of all zones that the browser knows.
    pub fn zones() -> Vec<String> {
        let intl = Reflect::get(&js_sys::global(), &"Intl".into()).unwrap_or(JsValue::UNDEFINED);
        let function = Reflect::get(&intl, &"supportedValuesOf".into()).ok();
        let function = function.and_then(|function| function.dyn_into::<Function>().ok());
        let names = function.and_then(|function| function.call1(&intl, &"timeZone".into()).ok());
        names
            .map(|names| Array::from(&names).iter().filter_map(|name| name.as_string()).collect())
            .unwrap_or_default()
    }

    /// A calendar day, given as its midnight in UTC.
    pub fn day(at: i64) -> Option<String> {
        let pairs = [("day", "numeric"), ("month", "short"), ("year", "numeric"), ("timeZone", "UTC")];
        let formatter = Intl::DateTimeFormat::new(&Array::new(), &options(&pairs));
        format(&formatter, &JsValue::from_f64(at as f64))
    }

    /// The separator before decimals.
    pub fn decimal_separator() -> char {
        let formatter = Intl::NumberFormat::new(&Array::new(), &Object::new());
        let text = format(&formatter, &JsValue::from_str("1.5"));
        text.and_then(|text| text.chars().find(|c| matches!(c, '.' | ','))).unwrap_or('.')
    }

    /// Calls a formatter's bound `format` function.
    fn format(formatter: &JsValue, value: &JsValue) -> Option<String> {
        let function: Function = Reflect::get(formatter, &JsValue::from_str("format")).ok()?.dyn_into().ok()?;
        function.call1(formatter, value).ok()?.as_string()
    }
}

#[cfg(target_arch = "wasm32")]
pub use browser::{clock, date_time, day, decimal_separator, money, own_zone, zones};

#[cfg(not(target_arch = "wasm32"))]
mod elsewhere {
    pub fn money(_plain: &str, _currency: &str) -> Option<String> {
        None
    }
    pub fn date_time(_at: i64, _zone: Option<&str>) -> Option<String> {
        None
    }
    pub fn clock(_at: i64, _zone: Option<&str>, _seconds: bool) -> Option<String> {
        None
    }
    pub fn own_zone() -> Option<String> {
        None
    }
    pub fn zones() -> Vec<String> {
        Vec::new()
    }
    pub fn day(_at: i64) -> Option<String> {
        None
    }
    pub fn decimal_separator() -> char {
        '.'
    }
}

#[cfg(not(target_arch = "wasm32"))]
pub use elsewhere::{clock, date_time, day, decimal_separator, money, own_zone, zones};
