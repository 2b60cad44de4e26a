//! The table of Microsoft 365 endpoint sets in use: how far they are reached, and by how many.

use super::snapshot::EndpointRow;
use crate::probe::endpoints::matrix::Cells;
use crate::probe::world::World;
use crate::verdict::endpoints::{first_failure, rows};
use crate::verdict::roles::Roles;

/// A row for each set in use, in the order of what a start of Office needs.
#[must_use]
pub fn table(world: &World, roles: &Roles, cells: &Cells) -> Vec<EndpointRow> {
    let mut table: Vec<EndpointRow> = rows(cells, roles)
        .into_iter()
        .map(|(tag, row)| {
            let set = world.directory.set(tag.set);
            let blocked = row.blocked();
            EndpointRow {
                id: set.map(|set| set.id),
                area: set.map(|set| set.service_area.clone()).unwrap_or_default(),
                area_name: set.map(|set| set.service_area_display_name.clone()).unwrap_or_default(),
                category: world.directory.category(tag.set),
                required: world.directory.required(tag.set),
                express_route: set.is_some_and(|set| set.express_route),
                purpose: tag.purpose,
                clients: row.cells.len(),
                counts: row.counts,
                blocked,
                first_failure: blocked.and_then(|stage| first_failure(&row, stage)),
            }
        })
        .collect();
    table.sort_by_key(|row| (row.purpose, row.id.is_none(), row.id));
    table
}
