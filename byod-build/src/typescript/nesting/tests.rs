use std::thread;

use oxc_allocator::Allocator;
use oxc_parser::{ParseOptions, Parser};
use oxc_semantic::SemanticBuilder;
use oxc_span::SourceType;

use super::*;

/// Files with tags, and without.
const TSX: bool = true;
const TS: bool = false;

/// What a file may be: with types, and with tags. The compiler reads types in all.
const LANGUAGES: [(bool, bool); 4] = [(true, TS), (true, TSX), (false, TS), (false, TSX)];

fn is_deep(source: &str) -> bool {
    beyond(source, TSX, 100).is_some()
}

#[test]
fn what_nests_is_found() {
    let many = |text: &str| text.repeat(200);
    let nested = [
        many("("),
        many("["),
        many("{"),
        format!("x = 1{}", many("+1")),
        format!("x = 1{}", many("\n  + 1")),
        format!("x = 1{}", many(" +\n  1")),
        format!("o{}", many(".a")),
        format!("o{}", many("?.a")),
        format!("o{}", many("\n  .a()")),
        format!("f{}", many("()")),
        format!("f{}", many("``")),
        format!("f{}", many("<A, B>()")),
        format!("a{}", many("[0]")),
        format!("a{}", many("!")),
        format!("x = {}1", many("!")),
        format!("x = {}1", many("- ")),
        format!("x = {}1", many("typeof ")),
        format!("x = {}1", many("() => ")),
        format!("x = {}1", many("a => ")),
        format!("x = {}1", many("a ? b : ")),
        format!("x = {}1", many("a\n? b\n: ")),
        format!("if (a) {{}} {}", many("else if (a) { b() }\n")),
        format!("if (a) {{}} {}", many("else if (a)\n{ b() }\n")),
        format!("if (a) b; {}", many("else if (a) b, c; ")),
        format!("{}b", many("if (a) ")),
        format!("{}b", many("if (a)\n")),
        format!("{}b", many("while (a)\n")),
        format!("{}b", many("a: ")),
        format!("{}b", many("a:\n")),
        format!("type T = {}1", many("Array<")),
        format!("type T = {}1", many("A<B, ")),
        format!("type T = {}1", many("A<B,\n")),
        format!("type T = {}1", many("A extends B ? C : ")),
        format!("type T = {}1", many("keyof\n")),
        format!("type T = 1{}", many(" | 2")),
        format!("x = {}", many("<a>")),
        format!("x = {}", many("<a b={<c d='`'>")),
        format!("x = {}", many("<a>\ntext\n")),
        format!("x = {}", many("<A<B>>it's ")),
        format!("{}1", many("`${")),
        format!("class A {}", many("extends class ")),
    ];
    for source in nested {
        assert!(is_deep(&source), "{source}");
    }
}

/// What makes brackets look like something else, in front of many of them.
#[test]
fn nothing_hides_brackets() {
    let deep = "(".repeat(200);
    let hiding = [
        "x = /`/;",
        "x = /[`/]/;",
        "x = /'/;",
        "x = /[/'\"`]/g.test(y);",
        "type A = B\n/`/;",
        "let x: string\n/`/;",
        "import 'x'\n/`/;",
        "if (a) /`/;",
        "for (const x of /`/) y;",
        "{}/`/;",
        "x = {}/`/1;",
        "x = a/`/`/`;",
        "x = a > /`/;",
        "x = a++ /`/`;",
        "a\n++/`/.x;",
        "x = a! / 2 / `${b! / 3}`;",
        "x = <a>`</a>;",
        "x = <a>'</a>;",
        "x = <a>/*</a>;",
        "x = <a b='\\'>`</a>;",
        "x = <a b=\"`\" {...c}/>;",
        "x = <a>{/* ` */}`</a>;",
        "x = <a.b-c:d<'`'>/>;",
        "type A = B\n<a>`</a>;",
        "x = <T,>(y: T) => '`';",
        "x = <T extends '`'>(y: T) => y;",
        "type F = <T>(y: '`') => T;",
        "x = '\\\r\n`';",
        "// \u{2028}x;",
        "/* ` */",
        "// `\n",
        "#!`\n",
        "x = \\u{60};",
        "x = `\\`${`}`}`;",
        "x = 1./2/`1`;",
        "x = yield/`/;",
        "a.if (b) /`/`;",
        "x\n<!-- `\n",
        "x\n--> `\n",
    ];
    for before in hiding {
        for language in LANGUAGES {
            let source = format!("{before}\n{deep}");
            // As the compiler reads it.
            if let Some(found) = depth(&format!("{before}\n(((1)))"), language)
                && found >= 3
            {
                assert!(
                    beyond(&source, language.1, 100).is_some(),
                    "{before} {language:?}"
                );
            }
        }
    }
    // What follows can't take back what was open.
    for after in [
        "/)]})]})/",
        "`)))`",
        "')))'",
        "// )))\n",
        "/* ))) */",
        "<a>)))</a>",
        "<!-- )))\n",
    ] {
        let source = format!("{}\n", format!("({after}\n").repeat(200));
        assert!(is_deep(&source), "{after}");
    }
}

#[test]
fn what_follows_one_another_does_not_nest() {
    let flat = [
        "const a = 1 + 2;\n".repeat(200),
        "const a = 1 + 2\n".repeat(200),
        "a.b = c.d()\n".repeat(200),
        "const it = \"([{\";\n".repeat(200),
        "// don't ([{\n/* ([{ */\n".repeat(200),
        "const t = `a ( ${b} ( ${`c ( ${d}`}`;\n".repeat(200),
        format!("[{}]", "1 + 2, ".repeat(200)),
        "export const f = async () => {\n  await g()\n}\n".repeat(200),
        "a:{b:1},".repeat(200),
        "x = <p>it's <b>you</b> <br /></p>;\n".repeat(200),
        "function a(){return 1}".repeat(200),
        "if (a) { b() } else { c() }\n".repeat(200),
        "if (a) b();\nelse c();\n".repeat(200),
        "x = a / b / c;\n".repeat(200),
        "x = /[(/]/.test(y) ? 1 : 2;\n".repeat(200),
        "export const f = <T,>(x: Array<T>): Map<T, T> => g<T>(x);\n".repeat(200),
        format!("var x = a<b&&c{};", ",d=e<f&&g".repeat(200)),
        format!("switch (a) {{ {} }}", "case 1:\n".repeat(200)),
    ];
    for source in flat {
        assert!(!is_deep(&source), "{source}");
    }
}

/// How deep the tree is that the compiler makes; `None` where it makes none.
fn depth(source: &str, (types, jsx): (bool, bool)) -> Option<usize> {
    let source_type = SourceType::ts()
        .with_typescript(types)
        .with_jsx(jsx)
        .with_module(true);
    let allocator = Allocator::default();
    let mut deepest = None;
    for source_type in [
        source_type,
        source_type.with_module(false).with_script(true),
    ] {
        let options = ParseOptions {
            allow_return_outside_function: true,
            ..ParseOptions::default()
        };
        let parsed = Parser::new(&allocator, source, source_type)
            .with_options(options)
            .parse();
        if parsed.panicked {
            continue;
        }
        let program = allocator.alloc(parsed.program);
        let semantic = SemanticBuilder::new()
            .with_build_nodes(true)
            .build(program)
            .semantic;
        let nodes = semantic.nodes();
        let mut depths: Vec<usize> = Vec::with_capacity(nodes.len());
        for node in nodes.iter() {
            let parent = nodes.parent_id(node.id());
            let above = depths.get(parent.index()).copied().unwrap_or_default();
            depths.push(above + 1);
        }
        deepest = deepest.max(depths.into_iter().max());
    }
    deepest
}

/// What programs are made of, and what ends them.
const PARTS: [&str; 109] = [
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "<",
    ">",
    "/",
    "`",
    "'",
    "\"",
    "${",
    "x",
    "y ",
    "1",
    "1.",
    " ",
    "\n",
    ";",
    ",",
    ".",
    "?.",
    "...",
    "?",
    ":",
    "!",
    "-",
    "+",
    "++",
    "--",
    "=",
    "=>",
    "==",
    "!==",
    "&&",
    "|",
    "&",
    "%",
    "**",
    "~",
    "@",
    "#x",
    "\\",
    "if ",
    "else ",
    "for ",
    "while ",
    "do ",
    "if(x)",
    "while(x)",
    "for(;;)",
    "return ",
    "typeof ",
    "await ",
    "async ",
    "yield ",
    "new ",
    "function ",
    "class ",
    "extends ",
    "in ",
    "of ",
    "as ",
    "satisfies ",
    "keyof ",
    "infer ",
    "type ",
    "let ",
    "const ",
    "case ",
    "default ",
    "switch ",
    "interface ",
    "import ",
    "export ",
    "from ",
    "is ",
    "label:",
    "<a>",
    "</a>",
    "<a/>",
    "<T,>",
    "<T>(",
    "=<",
    "/>",
    "</",
    "<!--",
    "\\u0069f",
    "\\u{65}lse ",
    "\\u{",
    "\\",
    "\u{2028}",
    "\r",
    "\u{a0}",
    "\u{e9}",
    "0x1",
    "1e+",
    "extends A<x,",
    "a<b,",
    "x<b>",
    "-->",
    "//",
    "/*",
    "*/",
    "/x/",
    "/[/`]/",
    "`a${",
    "}`",
];

/// However parts are put together and repeated, what the compiler makes a deep tree of
/// is found deep.
#[test]
fn a_deep_tree_is_never_missed() {
    let runs = std::env::var("BYOD_NESTING_RUNS").map_or(6_000, |runs| runs.parse().unwrap());
    let work = move || {
        let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut random = move |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state % below as u64).unwrap()
        };
        let mut deep = 0;
        for _ in 0..runs {
            let mut text = |most: usize| -> String {
                let parts = 1 + random(most);
                (0..parts).map(|_| PARTS[random(PARTS.len())]).collect()
            };
            let (before, again, middle, after) = (text(6), text(6), text(3), text(3));
            let times = 150;
            let closers: String = again
                .chars()
                .rev()
                .filter_map(|c| match c {
                    '(' => Some(')'),
                    '[' => Some(']'),
                    '{' => Some('}'),
                    _ => None,
                })
                .collect();
            let before = if before.len() % 3 == 0 {
                before
            } else {
                String::from("x=")
            };
            for middle in ["1", "", "{}", "`1`", "class {}", &middle] {
                for after in ["", &closers, &after, ">"] {
                    let source = format!(
                        "{before}{}{middle}{}",
                        again.repeat(times),
                        after.repeat(times)
                    );
                    for language in LANGUAGES {
                        let Some(depth) = depth(&source, language) else {
                            continue;
                        };
                        if depth > 2 * times {
                            deep += 1;
                            assert!(
                                beyond(&source, language.1, times / 2).is_some(),
                                "{depth} deep, {language:?}: {before:?} {again:?} {middle:?} {after:?}"
                            );
                        }
                    }
                }
            }
        }
        assert!(deep > runs / 100, "only {deep} of {runs} were deep");
    };
    let thread = thread::Builder::new().stack_size(512 << 20);
    thread.spawn(work).unwrap().join().unwrap();
}
