namespace DataSync.LocalPostgres.Shell;

/// <summary>Scripts that lie as files in the repository and travel inside the assembly.</summary>
static class EmbeddedFile
{
    public static string Read(string name)
    {
        using var stream = typeof(EmbeddedFile).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"{name} is not embedded.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
