//! `list`: by the index that covers most of what is always given.

use std::collections::BTreeSet;

use byod_schema::{Field, Index, Validator};

use super::{Reason, Writer, Written};
use crate::layout::{Code, Entry, string};

const LIMITS: [&str; 3] = ["limit", "take", "max"];

impl Writer<'_> {
    pub(super) fn list(&self) -> Result<Written, Reason> {
        let limit = LIMITS.into_iter().find(|name| {
            let is_number = |f: &Field| f.field_type == Validator::Number;
            self.fields.get(name).is_none() && self.args.get(name).is_some_and(is_number)
        });
        let pages = self.args.get("paginationOpts").map(|_| "paginationOpts");
        let others: Vec<&str> = limit.into_iter().chain(pages).collect();
        self.check_fields(&others)?;

        let asked: Vec<(&str, &Field)> = self
            .args
            .iter()
            .filter(|(name, _)| !others.contains(name))
            .collect();
        // The owner first, then what is always given.
        let fixed: BTreeSet<&str> = asked
            .iter()
            .filter(|(_, field)| !field.optional)
            .map(|(name, _)| *name)
            .chain(self.owner())
            .collect();
        let prefix = |fields: &[String]| {
            fields
                .iter()
                .take_while(|f| fixed.contains(f.as_str()))
                .count()
        };
        let mut best: Option<(&Index, usize)> = None;
        for index in &self.table.indexes {
            let length = prefix(&index.fields);
            if length > best.map_or(0, |(_, length)| length) {
                best = Some((index, length));
            }
        }
        let in_index: Vec<&str> = best.map_or(Vec::new(), |(index, length)| {
            index.fields[..length].iter().map(String::as_str).collect()
        });
        let filtered: Vec<&str> = asked
            .iter()
            .map(|(name, _)| *name)
            .filter(|name| !in_index.contains(name))
            .collect();

        let mut body = String::new();
        if !filtered.is_empty() {
            let entries = filtered.iter().map(|name| Entry::new(name, self.arg(name)));
            let fields = Code::object(entries).print(4, "    const fields = ".len(), 1);
            body.push_str(&format!("    const fields = {fields};\n"));
        }
        body.push_str(&format!(
            "    const found = ctx.db\n      .query({})\n",
            string(&self.table.table_name)
        ));
        if let Some((index, _)) = best {
            let conditions: String = in_index
                .iter()
                .map(|field| {
                    let value = if Some(*field) == self.owner() {
                        "ctx.owner".to_owned()
                    } else {
                        self.read(field)
                    };
                    format!(".eq({}, {value})", string(field))
                })
                .collect();
            let name = string(&index.index_descriptor);
            let line = format!("      .withIndex({name}, (q) => q{conditions})");
            if line.len() <= 80 {
                body.push_str(&line);
            } else {
                body.push_str(&format!(
                    "      .withIndex({name}, (q) =>\n        q{conditions},\n      )"
                ));
            }
            body.push('\n');
        }
        body.push_str("      .order(\"desc\")");
        if !filtered.is_empty() {
            body.push_str("\n      .filter((q) => matches(q, fields))");
        }
        body.push_str(";\n");
        body.push_str(&match (pages, limit) {
            (Some(_), _) => "    return await found.paginate(args.paginationOpts);\n".to_owned(),
            (None, Some(limit)) if self.args.get(limit).is_some_and(|l| l.optional) => format!(
                "    return args.{limit} === undefined\n      ? await found.collect()\n      : await found.take(args.{limit});\n"
            ),
            (None, Some(limit)) => format!("    return await found.take(args.{limit});\n"),
            (None, None) => "    return await found.collect();\n".to_owned(),
        });
        let note = match (self.owner(), best) {
            (Some(owner), None) => Some(format!(
                "no index of `{}` begins with `{owner}`, so it reads the whole table",
                self.table.table_name
            )),
            _ => None,
        };
        // A chain of one short call stays on its line.
        let body = if best.is_none() && filtered.is_empty() {
            body.replace("ctx.db\n      .query(", "ctx.db.query(")
                .replace("\n      .order(", ".order(")
        } else {
            body
        };
        let takes_args = !self.args.is_empty();
        Ok(Written {
            text: self.text(takes_args, &body),
            note,
            matches: !filtered.is_empty(),
        })
    }
}
