using System.Text;
using DataSync.Pipeline;

namespace DataSync.Export;

/// <summary><c>SHA256SUMS</c>: the hashes of an export's files as <c>sha256sum -c</c> reads them, for those who have the folder and not the API.</summary>
internal static class ExportSums
{
    public const string FileName = "SHA256SUMS";

    /// <summary>The format the file is listed under.</summary>
    public const string Format = "sha256sums";

    public const string ContentType = "text/plain; charset=utf-8";

    /// <summary>Writes and publishes the sums of files that are published; returns their entry. Names of exported files have nothing that would need an escape.</summary>
    public static async Task<ExportedFile> PublishAsync(ExportTarget target, IEnumerable<ExportedFile> files, CancellationToken ct)
    {
        var sums = target.Create(FileName);
        foreach (var file in files) sums.Write(Encoding.UTF8.GetBytes($"{file.Sha256}  {file.Name}\n"));
        await target.PublishAsync(sums, records: 0, ct);
        await target.CompleteAsync();
        return target.Published[0];
    }
}
