using System.Globalization;

namespace DataSync.Privacy.Subjects.Finding;

/// <summary>A stretch of what a tenant's jobs keep: the jobs behind one up to another, and of these the records from one number up to another.</summary>
/// <param name="After">Behind this job.</param>
/// <param name="Upto">Up to this job, which belongs to it.</param>
/// <param name="From">From this record of each.</param>
/// <param name="To">Up to this record of each, which does not belong to it.</param>
internal readonly record struct JobSpan(Guid After, Guid Upto, long From, long To)
{
    /// <summary>Behind every job.</summary>
    public static readonly Guid Last = new("ffffffff-ffff-ffff-ffff-ffffffffffff");

    /// <summary>Where a walk goes on behind this stretch.</summary>
    public string Place => string.Create(CultureInfo.InvariantCulture, $"{Upto:D}:{(To == long.MaxValue ? -1 : To)}");

    /// <summary>Reads a place: behind which job to go on, and where within the one after it; the beginning for null.</summary>
    public static (Guid Job, long From) Read(string? place)
        => place is null ? (Guid.Empty, -1) : (Guid.ParseExact(place[..36], "D"), long.Parse(place[37..], CultureInfo.InvariantCulture));
}
