//! Writing the index.

use super::columns::{COLUMNS, Cell, Column, Kind};
use crate::ClipRow;
use parquet::basic::{Compression, ZstdLevel};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::{ParquetError, Result};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use std::fmt::Write as _;
use std::io::Write;
use std::sync::Arc;

/// Rows in one row group: what is held in memory at a time.
const ROWS_IN_GROUP: usize = 1 << 16;
/// Small and quick for texts; fixed, so that the same rows give the same bytes.
const COMPRESSION_LEVEL: i32 = 3;

/// The schema as Parquet's own text.
pub fn schema() -> String {
    let mut text = String::from("message clip {\n");
    for column in &COLUMNS {
        let presence = if column.required { "REQUIRED" } else { "OPTIONAL" };
        let kind = match column.kind {
            Kind::Text => ("BYTE_ARRAY", "(STRING)"),
            Kind::Json => ("BYTE_ARRAY", "(JSON)"),
            Kind::U32 => ("INT32", "(INTEGER(32,false))"),
            Kind::U64 => ("INT64", "(INTEGER(64,false))"),
            Kind::Flag => ("BOOLEAN", ""),
        };
        // Writing to a text cannot fail.
        let _ = writeln!(text, "  {presence} {} {} {};", kind.0, column.name, kind.1);
    }
    text.push('}');
    text
}

/// Writes `rows` as a Parquet file.
pub fn write(target: impl Write + Send, rows: &[ClipRow]) -> Result<()> {
    let schema = Arc::new(parse_message_type(&schema())?);
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(COMPRESSION_LEVEL)?))
        .set_created_by("orator-corpus".to_owned())
        .build();
    let mut file = SerializedFileWriter::new(target, schema, Arc::new(properties))?;
    for group in rows.chunks(ROWS_IN_GROUP) {
        let mut writer = file.next_row_group()?;
        for column in &COLUMNS {
            let mut target =
                writer.next_column()?.ok_or_else(|| ParquetError::General("a column too few".into()))?;
            write_column(target.untyped(), column, group)?;
            target.close()?;
        }
        writer.close()?;
    }
    file.close()?;
    Ok(())
}

fn write_column(writer: &mut ColumnWriter<'_>, column: &Column, rows: &[ClipRow]) -> Result<()> {
    let cells: Vec<Option<Cell>> = rows.iter().map(column.value).collect();
    let present: Vec<i16> = cells.iter().map(|cell| i16::from(cell.is_some())).collect();
    let levels = (!column.required).then_some(present.as_slice());
    let cells = cells.into_iter().flatten();
    match writer {
        ColumnWriter::ByteArrayColumnWriter(writer) => {
            let values: Vec<ByteArray> = cells
                .filter_map(|cell| match cell {
                    Cell::Text(text) => Some(ByteArray::from(text.into_bytes())),
                    _ => None,
                })
                .collect();
            writer.write_batch(&values, levels, None)?;
        }
        // The bits stay: the column says that they are unsigned.
        ColumnWriter::Int32ColumnWriter(writer) => {
            let values: Vec<i32> = numbers(cells).map(|n| (n as u32).cast_signed()).collect();
            writer.write_batch(&values, levels, None)?;
        }
        ColumnWriter::Int64ColumnWriter(writer) => {
            let values: Vec<i64> = numbers(cells).map(u64::cast_signed).collect();
            writer.write_batch(&values, levels, None)?;
        }
        ColumnWriter::BoolColumnWriter(writer) => {
            let values: Vec<bool> = cells.map(|cell| cell == Cell::Flag(true)).collect();
            writer.write_batch(&values, levels, None)?;
        }
        _ => return Err(ParquetError::General(format!("{} has a type of its own", column.name))),
    }
    Ok(())
}

fn numbers(cells: impl Iterator<Item = Cell>) -> impl Iterator<Item = u64> {
    cells.filter_map(|cell| match cell {
        Cell::Number(number) => Some(number),
        _ => None,
    })
}
