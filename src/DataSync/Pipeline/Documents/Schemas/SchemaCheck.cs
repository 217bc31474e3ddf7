using System.Text.Json;

namespace DataSync.Pipeline.Documents.Schemas;

/// <summary>What one keyword demands. It never changes, so many records may be looked at at once.</summary>
internal abstract class SchemaCheck
{
    /// <summary>Schemas that look at the very value that this one looks at, and not into it.</summary>
    public virtual IEnumerable<SchemaNode> InPlace => [];

    /// <summary>Whether a value is as it must be; one of a kind that the keyword says nothing of always is.</summary>
    public abstract bool Passes(JsonElement value, SchemaEvaluation evaluation);
}
