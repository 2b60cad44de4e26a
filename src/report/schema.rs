//! The JSON Schema of a report, generated from the types that print it.

use super::model::Report;

/// JSON Schema (draft 2020-12) of [`Report`]. Every field of it is required, because none is ever missing.
#[must_use]
pub fn schema() -> serde_json::Value {
    let generator = schemars::generate::SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = generator.into_root_schema_for::<Report>().to_value();
    require_all(&mut schema);
    schema
}

/// An `Option` is printed as null and never left out: its field is required as well.
fn require_all(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(object) => {
            if let Some(names) = object.get("properties").and_then(|properties| properties.as_object()) {
                let names: Vec<serde_json::Value> = names.keys().map(|name| name.as_str().into()).collect();
                object.insert("required".to_owned(), names.into());
            }
            object.values_mut().for_each(require_all);
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(require_all),
        _ => {}
    }
}
