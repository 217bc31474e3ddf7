using System.Buffers;
using DataSync.Pipeline.Privacy;

namespace DataSync.Privacy.Subjects.Access;

/// <summary>Writes what is kept of a record elsewhere than in its own rows.</summary>
internal static class ElsewhereLines
{
    /// <summary>Writes all of it where the record is the subject's; else what was made of it that is about the subject, and nothing of the record, which is somebody else's.</summary>
    public static Task WriteAsync(SubjectWriter writer, string kind, KeptElsewhere kept, bool isOwn, Func<byte[], bool> isAbout, CancellationToken ct)
    {
        byte[][] made = [.. kept.Made.Where(m => isOwn || isAbout(m))];
        if (made.Length == 0 && (!isOwn || kept.Shown is null)) return Task.CompletedTask;
        List<(string, object)> about = [("job_id", kept.JobId.ToString("D"))];
        if (kept.Seq is { } seq) about.Add(("seq", seq));
        if (kept.TaskId is { } task) about.Add(("task_id", task));
        return writer.WriteAsync(kind, about, kept.TaskId is null ? made[0] : TaskOf(isOwn ? kept.Shown : null, made), ct);
    }

    /// <summary>A task, by the names that its server has for what it shows and what was written on it.</summary>
    private static byte[] TaskOf(byte[]? shown, byte[][] made)
    {
        var document = new ArrayBufferWriter<byte>();
        document.Write("{"u8);
        if (shown is not null)
        {
            document.Write("\"data\":"u8);
            document.Write(shown);
            document.Write(","u8);
        }

        document.Write("\"results\":["u8);
        for (var i = 0; i < made.Length; i++)
        {
            if (i > 0) document.Write(","u8);
            document.Write(made[i]);
        }

        document.Write("]}"u8);
        return document.WrittenSpan.ToArray();
    }
}
