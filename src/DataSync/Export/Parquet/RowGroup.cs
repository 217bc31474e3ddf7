namespace DataSync.Export.Parquet;

/// <summary>Rows taken apart into columns: as they were filled, or read back from the draft.</summary>
internal abstract class RowGroup
{
    public int Rows { get; protected set; }

    /// <summary>A column's entries; none for a column that appeared later.</summary>
    public abstract ReadOnlySpan<byte> this[int column] { get; }
}
