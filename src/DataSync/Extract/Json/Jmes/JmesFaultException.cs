namespace DataSync.Extract.Json.Jmes;

/// <summary>An expression that could not be carried out on a document.</summary>
/// <param name="function">The function that was given what it cannot take; null where the work or memory that one document may cost was used up.</param>
internal sealed class JmesFaultException(string? function) : Exception(function ?? "Too much.")
{
    public string? Function => function;
}
