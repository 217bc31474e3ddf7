using System.Security;
using DataSync.Pipeline.Failures;

namespace DataSync.Platform.Encryption;

/// <summary>
/// Reads <c>DATASYNC_MASTER_KEY</c>: entries <c>base64</c>, <c>id:base64</c> or <c>file:/path</c> (an entry a line), separated by commas.
/// The first key wraps, all unwrap. Faults name an entry by its place, never by its value.
/// </summary>
internal static class MasterKeyParser
{
    public const string Setting = "DATASYNC_MASTER_KEY";
    private const string FilePrefix = "file:";
    private const int MaxFileBytes = 64 * 1024;

    /// <summary>The keys in order, and everything wrong with the setting.</summary>
    public static (IReadOnlyList<MasterKey> Keys, IReadOnlyList<Fault> Faults) Parse(string? setting)
    {
        List<MasterKey> keys = [];
        List<Fault> faults = [];
        if (string.IsNullOrWhiteSpace(setting))
        {
            faults.Add(new Fault(Setting, "errors.settings.master_key_missing", ("setting", Setting)));
            return (keys, faults);
        }

        foreach (var (entry, place) in Entries(setting, faults))
        {
            if (ParseEntry(entry, place, faults) is not { } key) continue;
            if (keys.Exists(k => string.Equals(k.Id, key.Id, StringComparison.Ordinal) || k.Key.AsSpan().SequenceEqual(key.Key))) faults.Add(Wrong("repeated", place));
            else keys.Add(key);
        }

        if (keys.Count == 0 && faults.Count == 0) faults.Add(new Fault(Setting, "errors.settings.master_key_missing", ("setting", Setting)));
        return (keys, faults);
    }

    private static IEnumerable<(string Entry, string Place)> Entries(string setting, List<Fault> faults)
    {
        var parts = setting.Split(',', StringSplitOptions.TrimEntries);
        for (var i = 0; i < parts.Length; i++)
        {
            var place = $"{i + 1}";
            if (!parts[i].StartsWith(FilePrefix, StringComparison.Ordinal))
            {
                yield return (parts[i], place);
                continue;
            }

            var lines = ReadLines(parts[i][FilePrefix.Length..]);
            if (lines is null) faults.Add(Wrong("file", place));
            for (var line = 0; line < lines?.Length; line++)
            {
                if (lines[line].Trim() is { Length: > 0 } entry && entry[0] != '#') yield return (entry, $"{place}, line {line + 1}");
            }
        }
    }

    private static string[]? ReadLines(string path)
    {
        try
        {
            return new FileInfo(path).Length > MaxFileBytes ? null : File.ReadAllLines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException or SecurityException)
        {
            return null;
        }
    }

    private static MasterKey? ParseEntry(string entry, string place, List<Fault> faults)
    {
        var colon = entry.IndexOf(':', StringComparison.Ordinal);
        var id = colon < 0 ? null : entry[..colon];
        if (id is not null && !IsId(id))
        {
            faults.Add(Wrong("id", place));
            return null;
        }

        var bytes = new byte[entry.Length];
        if (!Convert.TryFromBase64String(entry[(colon + 1)..], bytes, out var written) || written != MasterKey.Length)
        {
            faults.Add(Wrong("length", place));
            return null;
        }

        var key = bytes[..written];
        if (!KeyStrength.IsRandom(key))
        {
            faults.Add(Wrong("weak", place));
            return null;
        }

        return new MasterKey(id, key);
    }

    private static bool IsId(string id)
        => id.Length is > 0 and <= 64 && id != "file" && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');

    private static Fault Wrong(string what, string place) => new(Setting, "errors.settings.master_key_" + what, ("setting", Setting), ("entry", place));
}
