using DataSync.Extract.Json;
using DataSync.Pipeline;

namespace DataSync.Extract.Connectors;

/// <summary>A record larger than memory should hold fails alone: it goes to quarantine without the value that did not fit.</summary>
internal static class OversizeRecord
{
    /// <summary>Bytes of a record at most: as the database sends it, and as it is written.</summary>
    public const int LargestBytes = 64 * 1024 * 1024;

    private const int RestBytes = 1024 * 1024;

    public static Rejection Rejection(string field) => new("extract", "too_large", RecordTooLargeException.Key, field);

    /// <summary>Closes and refuses a record of which nothing is kept.</summary>
    public static void Refuse(BatchBuilder to)
    {
        to.Buffer.AbandonRecord();
        to.Buffer.Add("null"u8);
        to.RejectLast(Rejection("*"));
    }

    /// <summary>
    /// Takes back the member with which a record became too large while it was written, as one of few bytes on the wire may, and writes null for it. Those behind it may follow, a key and a time among them; where they use
    /// up what they have together, they are null too, and the record is at its end: to try each would be to write as much for each.
    /// </summary>
    /// <param name="to">Where the record is open.</param>
    /// <param name="place">Where the member began.</param>
    /// <param name="members">The beginnings of the member and of those behind it, each with what parts it from the one before.</param>
    /// <param name="isAgain">It is not the first that is left out.</param>
    /// <returns>True where those behind it may follow.</returns>
    public static bool LeaveOut(RecordBuffer to, int place, IEnumerable<byte[]> members, bool isAgain)
    {
        to.GoBack(place, isAgain ? int.MaxValue : RestBytes);
        foreach (var member in isAgain ? members : members.Take(1))
        {
            JsonText.WriteRaw(member, to);
            JsonText.WriteRaw("null"u8, to);
        }

        if (isAgain) JsonText.WriteRaw("}"u8, to);
        return !isAgain;
    }
}
