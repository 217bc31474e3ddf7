using DataSync.Refine.LabelStudio.Tasks;

namespace DataSync.Refine.LabelStudio.Outcomes;

/// <summary>What became of a record at Label Studio.</summary>
internal enum TaskOutcome
{
    /// <summary>As many have annotated it as the project wants.</summary>
    Completed,

    /// <summary>Some have, fewer than the project wants, when the time was over.</summary>
    Partial,

    /// <summary>Everybody who saw it passed it over.</summary>
    Skipped,

    /// <summary>Somebody began and did not submit.</summary>
    DraftOnly,

    /// <summary>The task is gone.</summary>
    Deleted,

    /// <summary>Nobody touched it in time.</summary>
    TimedOut,

    /// <summary>The project did not take the record.</summary>
    Refused,
}

internal static class TaskOutcomes
{
    /// <summary>
    /// What became of a task; null while it may still become something. Under most settings of a project a skip counts for nothing, and a task that everybody skips is
    /// never labelled: only the end of the time tells.
    /// </summary>
    /// <param name="task">The task as it stands; null where it is gone.</param>
    /// <param name="isOver">The time is over.</param>
    public static TaskOutcome? Of(TaskReading? task, bool isOver)
    {
        if (task is null) return TaskOutcome.Deleted;
        var valid = task.Valid.Count();
        var labeled = task.IsLabeled ?? valid >= Math.Max(1, task.Overlap);
        if (labeled && valid > 0) return TaskOutcome.Completed;
        if (labeled && SkipsOf(task) > 0) return TaskOutcome.Skipped;
        if (!isOver) return null;
        return valid > 0 ? TaskOutcome.Partial
            : SkipsOf(task) > 0 ? TaskOutcome.Skipped
            : task.Drafts > 0 ? TaskOutcome.DraftOnly
            : TaskOutcome.TimedOut;
    }

    /// <summary>How often a task was skipped, as its annotations tell or the server counts.</summary>
    public static long SkipsOf(TaskReading task) => Math.Max(task.Skips, task.Annotations.Count(a => a.IsSkipped));

    /// <summary>Its name in documents.</summary>
    public static string NameOf(TaskOutcome outcome) => outcome switch
    {
        TaskOutcome.Completed => "completed",
        TaskOutcome.Partial => "partial",
        TaskOutcome.Skipped => "skipped",
        TaskOutcome.DraftOnly => "draft_only",
        TaskOutcome.Deleted => "deleted",
        TaskOutcome.Refused => "refused",
        _ => "timed_out",
    };
}
