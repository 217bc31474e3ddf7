namespace DataSync.Faults.Books;

/// <summary>Something that is not as the ledger says.</summary>
/// <param name="Kind">What it is, in a word or two.</param>
/// <param name="Detail">Where.</param>
internal sealed record Difference(string Kind, string Detail)
{
    public override string ToString() => $"{Kind}: {Detail}";
}
