namespace DataSync.Refine.Rules.Records;

/// <summary>A top-level member of the record as it stands now: where its name and its value are written.</summary>
internal struct RecordMember
{
    public JsonSlice Name;
    public bool NameIsEscaped;
    public JsonSlice Value;

    /// <summary>Its ordinal in the original where both are untouched, else -1.</summary>
    public int Origin;

    public readonly bool NameIs(PathPart part)
        => NameIsEscaped ? JsonText.Equals(JsonText.Inside(Name.Bytes), part.Name) : Name.Bytes.SequenceEqual(part.Quoted);
}
