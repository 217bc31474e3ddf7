using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace DataSync.Extract.Incremental.ChangeLog;

/// <summary>What things of a change log are called.</summary>
internal static class ChangeLogNames
{
    /// <summary>Ours, in front of the table's columns. The position grows with every change.</summary>
    public const string Position = "datasync_position", Operation = "datasync_operation", At = "datasync_at";

    /// <summary>Operations: the first row of all, the one behind it, which is no change but is removed with the first that are, then a row's fate, and the table's.</summary>
    public const string Start = "S", Second = "B", Insert = "I", Update = "U", Delete = "D", Truncate = "T";

    /// <summary>The column that has, of an update, what the key's column was before.</summary>
    public static string OldKey(int place) => string.Create(CultureInfo.InvariantCulture, $"datasync_key_{place + 1}");

    /// <summary>A name made of the table's, as long as the server takes names: where it would be longer, its beginning and a hash of the whole.</summary>
    /// <param name="table">The table's name.</param>
    /// <param name="suffix">What it is, such as <c>changes</c>.</param>
    /// <param name="longest">How long a name may be.</param>
    /// <param name="length">How long the server finds a text.</param>
    public static string Of(string table, string suffix, int longest, Func<string, int> length)
    {
        var end = $"_datasync_{suffix}";
        if (length(table + end) <= longest) return table + end;
        end = $"_{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(table)).AsSpan(0, 4))}{end}";
        var begin = new StringBuilder();
        foreach (var rune in table.EnumerateRunes())
        {
            if (length(begin.ToString() + rune + end) > longest) break;
            begin.Append(rune);
        }

        return begin.Append(end).ToString();
    }

    /// <summary>True for a column that would be taken for one of ours, in the change log or in a record.</summary>
    public static bool IsOurs(string column) => column.StartsWith("datasync_", StringComparison.OrdinalIgnoreCase) || column == ChangeRecords.Member;
}
