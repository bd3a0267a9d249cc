//! The filter grammar of all lists, a small part of AIP-160, over the fields that a resource declares.
//!
//! ```text
//! filter     = term { "AND" term } | term { "OR" term }       both in one level need brackets
//! term       = [ "NOT" ] ( "(" filter ")" | comparison )
//! comparison = field ( "=" | "!=" | "<" | "<=" | ">" | ">=" | ":" ) value
//! value      = word | "text in quotes, with \" and \\"
//! ```
//! `:` means "contains", whatever the case. Values are always bound, never put into the statement's text.

use crate::{
    clock::Time,
    error::{Error, Result, echo},
    id::Id,
};
use chrono::{DateTime, SubsecRound};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, Value,
    sea_query::{Expr, ExprTrait, Func, LikeExpr},
};
use std::collections::BTreeSet;

/// What kind of values a field has.
#[derive(Clone, Copy)]
pub enum Kind {
    /// Free text.
    Text,
    /// One of some words; the database has them in lower case.
    Word(&'static [&'static str]),
    /// An id.
    Id(fn(&str) -> Option<Value>),
    /// A moment, RFC 3339.
    Time,
    /// A whole number.
    Number,
}

/// A field that a list can be filtered by and, if it says so, sorted by.
#[derive(Clone, Copy)]
pub struct Field<E: EntityTrait> {
    /// Its name in filters, which is its name in the message.
    pub name: &'static str,
    /// Its column.
    pub column: E::Column,
    /// Its values.
    pub kind: Kind,
    /// Whether it can be sorted by. Such a column is never null.
    pub sortable: bool,
}

/// The declared fields of a resource.
pub type Fields<E> = &'static [Field<E>];

impl<E: EntityTrait> Field<E> {
    /// A text field.
    pub const fn text(name: &'static str, column: E::Column) -> Self {
        Self {
            name,
            column,
            kind: Kind::Text,
            sortable: false,
        }
    }

    /// A field with one of some words, given as the database has them.
    pub const fn word(name: &'static str, column: E::Column, words: &'static [&'static str]) -> Self {
        Self {
            name,
            column,
            kind: Kind::Word(words),
            sortable: false,
        }
    }

    /// A field with an id.
    pub const fn id<I: Id + Into<Value>>(name: &'static str, column: E::Column) -> Self {
        Self {
            name,
            column,
            kind: Kind::Id(|text| text.parse::<I>().ok().map(Into::into)),
            sortable: false,
        }
    }

    /// A field with a moment.
    pub const fn time(name: &'static str, column: E::Column) -> Self {
        Self {
            name,
            column,
            kind: Kind::Time,
            sortable: false,
        }
    }

    /// A field with a whole number.
    pub const fn number(name: &'static str, column: E::Column) -> Self {
        Self {
            name,
            column,
            kind: Kind::Number,
            sortable: false,
        }
    }

    /// The same field, which can be sorted by.
    pub const fn sortable(mut self) -> Self {
        self.sortable = true;
        self
    }
}

/// Limits that keep a filter cheap.
const MAX_LENGTH: usize = 2000;
const MAX_DEPTH: usize = 8;
const MAX_COMPARISONS: usize = 32;

/// The condition that a filter means. An empty one means all.
pub fn parse<E: EntityTrait>(fields: &[Field<E>], text: &str) -> Result<Condition> {
    if text.len() > MAX_LENGTH {
        return Err(bad(format!("must have at most {MAX_LENGTH} bytes")));
    }
    if text.contains('\0') {
        return Err(bad("must not have a null character"));
    }
    let tokens = tokens(text)?;
    if tokens.is_empty() {
        return Ok(Condition::all());
    }
    let mut parser = Parser {
        fields,
        tokens: &tokens,
        at: 0,
        comparisons: 0,
    };
    let condition = parser.filter(0)?;
    match parser.tokens.get(parser.at) {
        None => Ok(condition),
        Some(token) => Err(bad(format!("has {token} where AND, OR or the end is expected"))),
    }
}

/// Whether a filter names a field.
pub fn names(text: &str, field: &str) -> bool {
    tokens(text).is_ok_and(|tokens| tokens.iter().any(|t| matches!(t, Token::Word(w) if w == field)))
}

fn bad(message: impl Into<String>) -> Error {
    Error::invalid("filter", message)
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Open,
    Close,
    Operator(&'static str),
    Word(String),
    Quoted(String),
}

impl std::fmt::Display for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Open => f.write_str("\"(\""),
            Self::Close => f.write_str("\")\""),
            Self::Operator(text) => write!(f, "\"{text}\""),
            Self::Word(text) | Self::Quoted(text) => f.write_str(&echo(text)),
        }
    }
}

fn tokens(text: &str) -> Result<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            '"' => quoted(rest)?,
            '=' | '!' | '<' | '>' | ':' => {
                let operator = ["!=", "<=", ">=", "=", "<", ">", ":"].into_iter().find(|o| rest.starts_with(o));
                let operator = operator.ok_or_else(|| bad("has a \"!\" without a \"=\""))?;
                (Token::Operator(operator), operator.len())
            }
            _ => {
                let end = rest
                    .find(|c: char| c.is_whitespace() || "()\"=!<>:".contains(c))
                    .unwrap_or(rest.len());
                (Token::Word(rest[..end].to_owned()), end)
            }
        };
        tokens.push(token);
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

fn quoted(text: &str) -> Result<(Token, usize)> {
    let mut value = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((Token::Quoted(value), at + 1)),
            '\\' => value.push(chars.next().ok_or_else(|| bad("ends in the middle of a text in quotes"))?.1),
            _ => value.push(c),
        }
    }
    Err(bad("ends in the middle of a text in quotes"))
}

struct Parser<'a, E: EntityTrait> {
    fields: &'a [Field<E>],
    tokens: &'a [Token],
    at: usize,
    comparisons: usize,
}

impl<E: EntityTrait> Parser<'_, E> {
    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn word(&mut self, word: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Word(w)) if w == word);
        self.at += usize::from(found);
        found
    }

    fn filter(&mut self, depth: usize) -> Result<Condition> {
        if depth > MAX_DEPTH {
            return Err(bad(format!("has more than {MAX_DEPTH} brackets in one another")));
        }
        let first = self.term(depth)?;
        let (word, other, mut condition) = if self.word("AND") {
            ("AND", "OR", Condition::all().add(first))
        } else if self.word("OR") {
            ("OR", "AND", Condition::any().add(first))
        } else {
            return Ok(first);
        };
        loop {
            condition = condition.add(self.term(depth)?);
            if self.word(other) {
                return Err(bad("mixes AND and OR: put brackets around one of them"));
            }
            if !self.word(word) {
                return Ok(condition);
            }
        }
    }

    fn term(&mut self, depth: usize) -> Result<Condition> {
        let negated = self.word("NOT");
        let condition = if self.tokens.get(self.at) == Some(&Token::Open) {
            self.at += 1;
            let inner = self.filter(depth + 1)?;
            if self.next() != Some(Token::Close) {
                return Err(bad("has a \"(\" without a \")\""));
            }
            inner
        } else {
            self.comparison()?
        };
        Ok(if negated { condition.not() } else { condition })
    }

    fn comparison(&mut self) -> Result<Condition> {
        self.comparisons += 1;
        if self.comparisons > MAX_COMPARISONS {
            return Err(bad(format!("has more than {MAX_COMPARISONS} comparisons")));
        }
        let Some(Token::Word(name)) = self.next() else {
            return Err(bad("needs a field's name where there is none"));
        };
        let field = self.fields.iter().find(|f| f.name == name).ok_or_else(|| {
            let known: Vec<_> = self.fields.iter().map(|f| f.name).collect();
            bad(format!("has the unknown field {}; there are {}", echo(&name), known.join(", ")))
        })?;
        let Some(Token::Operator(operator)) = self.next() else {
            return Err(bad(format!("needs one of = != < <= > >= : after {}", echo(&name))));
        };
        let Some(Token::Word(value) | Token::Quoted(value)) = self.next() else {
            return Err(bad(format!("needs a value after {name} {operator}")));
        };
        field.compare(operator, &value)
    }
}

impl<E: EntityTrait> Field<E> {
    fn compare(&self, operator: &str, text: &str) -> Result<Condition> {
        let column = self.column;
        let all = |e| Condition::all().add(e);
        let refused = || bad(format!("cannot compare {} with {operator}", self.name));
        if operator == ":" {
            if !matches!(self.kind, Kind::Text) {
                return Err(refused());
            }
            let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
            // SQLite lowers ASCII letters only: the others are looked for as written, small and large.
            let spellings = [
                escaped.to_lowercase(),
                escaped.to_ascii_lowercase(),
                escaped.to_uppercase().to_ascii_lowercase(),
            ];
            let distinct: BTreeSet<_> = spellings.into_iter().collect();
            let lowered = || Expr::expr(Func::lower(Expr::col(column.as_column_ref())));
            let contains = |spelling| lowered().like(LikeExpr::new(format!("%{spelling}%")).escape('\\'));
            return Ok(distinct.into_iter().map(contains).fold(Condition::any(), Condition::add));
        }
        let ordered = matches!(self.kind, Kind::Time | Kind::Number);
        let value = self.value(text)?;
        Ok(all(match operator {
            "=" => column.eq(value),
            "!=" => column.ne(value),
            "<" if ordered => column.lt(value),
            "<=" if ordered => column.lte(value),
            ">" if ordered => column.gt(value),
            ">=" if ordered => column.gte(value),
            _ => return Err(refused()),
        }))
    }

    /// Reads a value as this field's kind.
    pub(super) fn value(&self, text: &str) -> Result<Value> {
        let name = self.name;
        match self.kind {
            Kind::Text => Ok(text.into()),
            Kind::Word(words) => {
                let known = words.iter().find(|w| w.eq_ignore_ascii_case(text));
                let names: Vec<_> = words.iter().map(|w| w.to_uppercase()).collect();
                known
                    .map(|w| Value::from(*w))
                    .ok_or_else(|| bad(format!("has {} for {name}; there are {}", echo(text), names.join(", "))))
            }
            Kind::Id(read) => read(text).ok_or_else(|| bad(format!("has {} for {name}, which is no such id", echo(text)))),
            Kind::Time => {
                let time = DateTime::parse_from_rfc3339(text)
                    .map_err(|_| bad(format!("has {} for {name}; write \"2026-01-31T00:00:00Z\"", echo(text))))?;
                Ok(Time::from(time).trunc_subsecs(6).into())
            }
            Kind::Number => text
                .parse::<i64>()
                .map(Value::from)
                .map_err(|_| bad(format!("has {} for {name}, which is no whole number", echo(text)))),
        }
    }
}

#[cfg(test)]
mod tests;
