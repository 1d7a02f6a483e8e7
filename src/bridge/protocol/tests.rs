use std::fmt::Write as _;
use std::path::Path;

use super::{TABLES, Table};

const HEAD: &str = "\
'use strict';

// The numbers that cross between Rust and JavaScript. Made of src/bridge/protocol.rs by
// `npm run protocol`: change them there.
";

/// The columns of a comment.
const COLUMNS: usize = 97;

fn rendered() -> String {
    let mut text = HEAD.to_owned();
    for Table { name, doc, numbers } in TABLES {
        text.push('\n');
        for line in wrapped(doc.trim()) {
            let _ = writeln!(text, "// {line}");
        }
        let _ = writeln!(text, "const {name} = {{");
        for (name, number) in *numbers {
            let _ = writeln!(text, "  {name}: {number},");
        }
        text.push_str("};\n");
    }
    let mut names: Vec<_> = TABLES.iter().map(|table| table.name).collect();
    names.sort_unstable();
    text.push_str("\nmodule.exports = {\n");
    for name in names {
        let _ = writeln!(text, "  {name},");
    }
    text.push_str("};\n");
    text
}

fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.last_mut().unwrap();
        if last.is_empty() {
            last.push_str(word);
        } else if last.len() + 1 + word.len() <= COLUMNS {
            *last += " ";
            *last += word;
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

#[test]
fn javascript_has_the_same_numbers() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("lib/bridge/protocol.js");
    let text = rendered();
    if std::env::var_os("OXAGENT_WRITE_PROTOCOL").is_some() {
        std::fs::write(&file, &text).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(written == text, "run `npm run protocol`");
}

#[test]
fn no_table_has_a_number_twice() {
    for Table { name, numbers, .. } in TABLES {
        // Positions of bits, and masks beside numbers, are no numbers of one kind.
        if [
            "Words",
            "KeepAlive",
            "Failed",
            "Secured",
            "TlsFailed",
            "Answer",
        ]
        .contains(name)
        {
            continue;
        }
        let mut all: Vec<_> = numbers.iter().map(|(_, number)| number).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), numbers.len(), "{name}");
    }
}
