using System.Text;

namespace DataSync.Platform.Http.Requests;

/// <summary>Tenant and source ids: any text of 1 to 255 code points without NUL or lone surrogates.</summary>
internal static class Identifier
{
    public const int MaxCodePoints = 255;

    /// <summary>The key of what is wrong with the text as an id; null if it is one.</summary>
    public static string? Fault(string text)
        => text.Length == 0 || CodePoints(text) > MaxCodePoints ? "faults.id_length"
            : text.Contains('\0', StringComparison.Ordinal) ? "faults.nul"
            : IsWellFormed(text) ? null : "faults.surrogate";

    public static bool IsValid(string text) => Fault(text) is null;

    /// <summary>Characters as people count them: a surrogate pair is one.</summary>
    public static int CodePoints(string text)
    {
        var count = 0;
        foreach (var _ in text.EnumerateRunes()) count++;
        return count;
    }

    private static bool IsWellFormed(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(text, out _, out var used) != System.Buffers.OperationStatus.Done) return false;
            text = text[used..];
        }

        return true;
    }
}
