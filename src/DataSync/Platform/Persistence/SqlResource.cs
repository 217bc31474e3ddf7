namespace DataSync.Platform.Persistence;

/// <summary>SQL files of the migrations, embedded beside this file.</summary>
internal static class SqlResource
{
    public static string Read(string name)
    {
        using var stream = typeof(SqlResource).Assembly.GetManifestResourceStream("sql/" + name)
            ?? throw new InvalidOperationException($"SQL resource {name} is not embedded.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
