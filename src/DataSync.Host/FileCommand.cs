namespace DataSync.Host;

/// <summary>The command <c>coco-validate FILE</c>: needs no settings and no database. Ends with 0 where the file has no error, 1 where it has, 2 where it cannot be read.</summary>
internal static class FileCommand
{
    /// <summary>Runs the command that the arguments name; null if they name none.</summary>
    public static async Task<int?> RunAsync(string[] args, CancellationToken ct)
    {
        if (args is not ["coco-validate", var path]) return null;
        try
        {
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.Asynchronous | FileOptions.SequentialScan);
            return await DataSyncFiles.CheckCocoAsync(file, Console.Out, TerminalLanguage.Tag(), ct) ? 0 : 1;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync(DataSyncFiles.Unreadable(path, e, TerminalLanguage.Tag()));
            return 2;
        }
    }
}
