//! Reading the index.

use super::columns::{COLUMNS, Cell, Cells, Column, row_of};
use crate::limits::read_bounded;
use crate::{ClipRow, CorpusError, Limits, Result};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::DataType;
use parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Reads all rows of the index at `path`, whose bytes must have the checksum `sha256` if that is known.
pub(crate) fn read(path: &Path, sha256: Option<&str>, limits: &Limits) -> Result<Vec<ClipRow>> {
    let bytes = read_bounded(path, limits.max_index_bytes)?;
    if let Some(expected) = sha256
        && crate::check::sha256_of(&bytes) != expected
    {
        return Err(CorpusError::damaged(path, "its checksum is not the one in manifest.json"));
    }
    // The Parquet reader is written not to panic; a hostile file that makes it do so all the same is a damaged
    // file and not the end of the program.
    catch_unwind(AssertUnwindSafe(|| parse(path, bytes, limits)))
        .unwrap_or_else(|_| Err(CorpusError::damaged(path, "not a readable Parquet file")))
}

fn parse(path: &Path, bytes: Vec<u8>, limits: &Limits) -> Result<Vec<ClipRow>> {
    let wrong = |what: String| CorpusError::damaged(path, what);
    let parquet =
        |error: parquet::errors::ParquetError| wrong(format!("not a readable Parquet file ({error})"));
    let file = SerializedFileReader::new(bytes::Bytes::from(bytes)).map_err(parquet)?;
    let metadata = file.metadata();
    let stated = u64::try_from(metadata.file_metadata().num_rows()).unwrap_or(u64::MAX);
    if stated > limits.max_clips {
        return Err(CorpusError::too_large(
            path,
            format!("{stated} clips; at most {} are read", limits.max_clips),
        ));
    }
    let mut rows = Vec::new();
    for number in 0..metadata.num_row_groups() {
        let group = file.get_row_group(number).map_err(parquet)?;
        let count = usize::try_from(group.metadata().num_rows()).unwrap_or(usize::MAX);
        if count as u64 > stated {
            return Err(wrong("a row group states more rows than the file".into()));
        }
        let mut cells: Vec<Cells> = vec![Cells::new(); count];
        let schema = group.metadata().schema_descr_ptr();
        for column in &COLUMNS {
            let place = (0..schema.num_columns()).find(|&i| schema.column(i).path().string() == column.name);
            let Some(place) = place else {
                if column.required {
                    return Err(wrong(format!("the column `{}` is missing", column.name)));
                }
                continue;
            };
            let optional = schema.column(place).max_def_level() > 0;
            let values = read_column(group.as_ref(), place, column, optional, count).map_err(wrong)?;
            for (cells, value) in cells.iter_mut().zip(values) {
                if let Some(value) = value {
                    cells.insert(column.name, value);
                }
            }
        }
        for cells in cells {
            rows.push(row_of(cells, limits).map_err(wrong)?);
        }
    }
    Ok(rows)
}

fn read_column(
    group: &dyn RowGroupReader,
    place: usize,
    column: &Column,
    optional: bool,
    rows: usize,
) -> std::result::Result<Vec<Option<Cell>>, String> {
    let reader = group.get_column_reader(place).map_err(|e| format!("{}: {e}", column.name))?;
    let cells = match reader {
        ColumnReader::ByteArrayColumnReader(r) => values(r, optional, rows, |v| {
            let text = std::str::from_utf8(v.data()).map_err(|_| "holds bytes that are no text")?;
            Ok(Cell::Text(text.to_owned()))
        }),
        ColumnReader::Int32ColumnReader(r) => {
            values(r, optional, rows, |v| Ok(Cell::Number(u64::from(v.cast_unsigned()))))
        }
        ColumnReader::Int64ColumnReader(r) => {
            values(r, optional, rows, |v| Ok(Cell::Number(v.cast_unsigned())))
        }
        ColumnReader::BoolColumnReader(r) => values(r, optional, rows, |v| Ok(Cell::Flag(*v))),
        _ => Err("has an unknown type".into()),
    };
    cells.map_err(|what| format!("column `{}`: {what}", column.name))
}

fn values<T: DataType>(
    mut reader: ColumnReaderImpl<T>,
    optional: bool,
    rows: usize,
    to_cell: impl Fn(&T::T) -> std::result::Result<Cell, &'static str>,
) -> std::result::Result<Vec<Option<Cell>>, String> {
    let (mut levels, mut values) = (Vec::<i16>::new(), Vec::new());
    let mut read = 0;
    while read < rows {
        let (records, _, _) = reader
            .read_records(rows - read, optional.then_some(&mut levels), None, &mut values)
            .map_err(|e| e.to_string())?;
        if records == 0 {
            return Err(format!("{read} rows of {rows} are there"));
        }
        read += records;
    }
    let mut values = values.iter();
    let mut next = || {
        let value = values.next().ok_or("has too few values".to_owned())?;
        to_cell(value).map(Some).map_err(str::to_owned)
    };
    (0..rows)
        .map(|i| if optional && levels.get(i).is_none_or(|&level| level == 0) { Ok(None) } else { next() })
        .collect()
}
