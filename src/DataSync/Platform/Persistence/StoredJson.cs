namespace DataSync.Platform.Persistence;

/// <summary>JSON columns that hold values of tenants' sources.</summary>
internal static class StoredJson
{
    /// <summary>
    /// What <c>replace(column::text, …)::json</c> puts in place of each escaped U+0000 before a member is asked for. PostgreSQL makes text of every string of a document on its way to a member, and fails at one that
    /// no text can hold; a cursor may be such a one. Where the escape is no escape (its backslash is itself escaped) the document is as valid afterwards.
    /// </summary>
    public const string Nul = @"'\u0000', '\u0001'";
}
