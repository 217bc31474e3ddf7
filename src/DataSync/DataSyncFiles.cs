using DataSync.Export.Coco;
using DataSync.Export.Coco.Checking;
using DataSync.Platform.Localization;

namespace DataSync;

/// <summary>What can be done with files without a running system.</summary>
public static class DataSyncFiles
{
    /// <summary>Checks a COCO file and writes a line for each finding: severity, JSON path, message; then the sums.</summary>
    /// <param name="file">The file, read to its end.</param>
    /// <param name="output">Takes the lines.</param>
    /// <param name="language">Tag of the language of the messages; en-US where there is no such one.</param>
    /// <param name="ct">Ends the check.</param>
    /// <returns>Whether nothing is wrong; warnings do not count.</returns>
    public static async Task<bool> CheckCocoAsync(Stream file, TextWriter output, string language, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(output);
        var messages = Messages.Load(typeof(DataSyncFiles).Assembly);
        var answer = CocoAnswer.Of(await CocoCheck.RunAsync(file, ct), messages, language);
        foreach (var finding in answer.Findings) await output.WriteLineAsync($"{finding.Severity} {finding.Path} {finding.Message}".AsMemory(), ct);
        var sums = messages.Format(
            "coco.sums", language, ("images", answer.Images), ("annotations", answer.Annotations), ("categories", answer.Categories), ("errors", answer.Errors), ("warnings", answer.Warnings));
        await output.WriteLineAsync(sums.AsMemory(), ct);
        return answer.Valid;
    }

    /// <summary>Says that a file cannot be read.</summary>
    /// <param name="path">The file.</param>
    /// <param name="reason">Why, told by its name: what it says itself is in one language only.</param>
    /// <param name="language">Tag of the language; en-US where there is no such one.</param>
    public static string Unreadable(string path, Exception reason, string language)
    {
        ArgumentNullException.ThrowIfNull(reason);
        return Messages.Load(typeof(DataSyncFiles).Assembly).Format("files.unreadable", language, ("path", path), ("reason", reason.GetType().Name));
    }
}
