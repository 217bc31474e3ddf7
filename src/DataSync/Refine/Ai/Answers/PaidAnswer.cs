namespace DataSync.Refine.Ai.Answers;

/// <summary>An answer that is kept, and by whom it was paid: a record that comes again because its worker died has cost what it cost, everybody else's nothing.</summary>
/// <param name="Answer">JSON: as the model wrote it, an <see cref="InvalidAnswer"/>, or <see cref="NoAnswer"/>.</param>
/// <param name="Job">The job; null for one that was kept before this was noted.</param>
/// <param name="Seq">The record within the job.</param>
/// <param name="Spent">All that this record took up to this answer.</param>
internal sealed record PaidAnswer(string Answer, Guid? Job, long Seq, Spent Spent)
{
    /// <summary>Stands where an invalid answer would, for calls that came to none and were paid for, or may have been.</summary>
    public const string NoAnswer = "null";

    /// <summary>What it cost a record: nothing where another paid.</summary>
    public Spent For(Guid job, long seq) => IsOf(job, seq) ? Spent : default;

    /// <summary>Whether this record paid for it.</summary>
    public bool IsOf(Guid job, long seq) => Job == job && Seq == seq;
}
