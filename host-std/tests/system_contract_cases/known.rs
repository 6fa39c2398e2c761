//! Functions of the published contracts, from their artifacts.

use crate::abi::selector;
use crate::world::bundle_path;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::OnceLock;

/// A function of a contract.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Function {
    pub(crate) signature: String,
    pub(crate) selector: [u8; 4],
}

/// The functions of a contract; none where it has no ABI, as those in Yul.
pub(crate) fn functions(contract: &str) -> &'static [Function] {
    static ALL: OnceLock<BTreeMap<String, Vec<Function>>> = OnceLock::new();
    let all = ALL.get_or_init(|| bundle_path().map(|path| read(&path)).unwrap_or_default());
    all.get(contract).map(Vec::as_slice).unwrap_or_default()
}

fn read(path: &str) -> BTreeMap<String, Vec<Function>> {
    let file = File::open(path).expect("it is there");
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(file));
    let mut all = BTreeMap::new();
    for entry in archive.entries().expect("it is an archive") {
        let mut entry = entry.expect("it is sound");
        let path = entry.path().expect("it has one").into_owned();
        let Some(name) = artifact_name(&path) else { continue };
        let mut text = String::new();
        entry.read_to_string(&mut text).expect("it is text");
        let artifact: Value = serde_json::from_str(&text).expect("it is JSON");
        let items = artifact["abi"].as_array().map(Vec::as_slice).unwrap_or_default();
        let functions = items.iter().filter(|item| item["type"] == "function").map(function);
        all.insert(name, functions.collect());
    }
    all
}

fn artifact_name(path: &Path) -> Option<String> {
    path.file_name()?.to_str()?.strip_suffix(".json").map(str::to_owned)
}

fn function(item: &Value) -> Function {
    let name = item["name"].as_str().expect("it has a name");
    let signature = format!("{name}{}", types(&item["inputs"]));
    let selector = selector(&signature);
    Function { signature, selector }
}

/// Types of inputs or of fields, in brackets.
fn types(inputs: &Value) -> String {
    let names: Vec<_> = inputs.as_array().expect("it is a list").iter().map(type_name).collect();
    format!("({})", names.join(","))
}

fn type_name(input: &Value) -> String {
    let name = input["type"].as_str().expect("it has a type");
    match name.strip_prefix("tuple") {
        Some(array) => format!("{}{array}", types(&input["components"])),
        None => name.to_owned(),
    }
}
