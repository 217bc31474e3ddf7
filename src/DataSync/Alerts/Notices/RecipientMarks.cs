using System.Security.Cryptography;
using System.Text;
using DataSync.Alerts.Channels;

namespace DataSync.Alerts.Notices;

/// <summary>
/// Who of several recipients has a notice already. A channel may be changed between two tries, so they are known by their addresses; of these only hashes are noted, which are another notice's
/// for the same address.
/// </summary>
internal static class RecipientMarks
{
    private const int Bytes = 12;

    /// <summary>The target without those that have it; null where nobody is left. One without recipients stays as it is.</summary>
    public static ChannelTarget? Left(AlertNotice notice, ChannelTarget target)
    {
        if (target.Recipients is null) return target;
        var marks = NoticeFailure.Read(notice.Failure)?.Taken ?? [];
        string[] left = [.. target.Recipients.Where(r => !marks.Contains(Of(notice.NoticeId, r), StringComparer.Ordinal))];
        return left.Length == 0 ? null : target with { Recipients = left };
    }

    /// <summary>The marks of those that had it, and of those that have it now.</summary>
    public static IReadOnlyList<string> With(AlertNotice notice, IReadOnlyList<string> taken)
        => [.. (NoticeFailure.Read(notice.Failure)?.Taken ?? []).Union(taken.Select(r => Of(notice.NoticeId, r)), StringComparer.Ordinal)];

    private static string Of(Guid notice, string recipient) => Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes($"{notice:D} {recipient.ToUpperInvariant()}"))[..Bytes]);
}
