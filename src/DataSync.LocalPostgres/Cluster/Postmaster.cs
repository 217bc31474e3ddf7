using System.Globalization;

namespace DataSync.LocalPostgres.Cluster;

/// <summary>What the server of a data folder tells about itself in <c>postmaster.pid</c>.</summary>
sealed class Postmaster(string data)
{
    readonly string _file = Path.Combine(data, "postmaster.pid");

    /// <summary>
    /// The running server's port, or null. The file alone proves nothing: a crash leaves it behind, and its process id may since
    /// belong to another process. So the process must have been started for this very folder.
    /// </summary>
    public int? RunningPort()
    {
        const int PortLine = 3;
        return Lines() is { Length: > PortLine } lines && IsServer(lines[0]) && int.TryParse(lines[PortLine], NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            ? port
            : null;
    }

    /// <summary>Removes what a crashed server left, so that a stranger with its old process id cannot stand in the way of the next.</summary>
    public void RemoveStaleFile()
    {
        if (Lines() is [var pid, ..] && !IsServer(pid)) File.Delete(_file);
    }

    string[]? Lines()
    {
        try
        {
            return File.ReadAllLines(_file);
        }
        catch (IOException)
        {
            return null;
        }
    }

    bool IsServer(string pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid.Trim()}/cmdline").Split('\0').Contains(data, StringComparer.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
