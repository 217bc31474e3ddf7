using System.Text;
using DataSync.Export.Columns;
using DataSync.Export.Parquet.Format;

namespace DataSync.Export.Parquet;

/// <summary>The columns of an export and what is known of their values: one for all parts of it.</summary>
internal sealed class ParquetTypes
{
    /// <summary>The column of a member whose name is empty: no reader takes such a name. No path has a lone backslash.</summary>
    public const string Nameless = "\\empty";

    private readonly List<ColumnShape> _shapes = [];

    public RecordColumns Columns { get; } = new();

    /// <summary>A shape for each column.</summary>
    public IReadOnlyList<ColumnShape> Shapes
    {
        get
        {
            while (_shapes.Count < Columns.Count) _shapes.Add(new ColumnShape());
            return _shapes;
        }
    }

    /// <summary>
    /// The columns as the records so far decide them. A file needs a column: where no record has a value anywhere, it is the one of records that are not objects,
    /// without values.
    /// </summary>
    public ParquetColumn[] Current()
        => Shapes.Count == 0 ? [new ParquetColumn(Encoding.UTF8.GetString(Columns.Root.ColumnName), ColumnType.Text)] : [.. Shapes.Select((shape, i) => Column(NameOf(i), shape))];

    private static ParquetColumn Column(string name, ColumnShape shape)
        => shape.Type is ColumnType.Decimal ? new ParquetColumn(name, ColumnType.Decimal, shape.Precision, shape.Scale) : new ParquetColumn(name, shape.Type);

    /// <summary>A column's name.</summary>
    private string NameOf(int column) => Columns.Name(column) is { IsEmpty: false } name ? Encoding.UTF8.GetString(name) : Nameless;
}
