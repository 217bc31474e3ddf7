using System.Text.Json;
using DataSync.Export.Coco.Shapes;
using DataSync.Export.Records;

namespace DataSync.Export.Coco.Regions;

/// <summary>What a record says of its image.</summary>
/// <param name="FileName">Relative, with <c>/</c> between folders; empty where the record names none.</param>
/// <param name="Address">The address it came from, where it is one; null else.</param>
/// <param name="Size">Its size; unknown where neither the record nor a result or mask says.</param>
internal sealed record RecordImage(string FileName, string? Address, ImageSize Size)
{
    /// <summary>Reads a record as it is exported.</summary>
    /// <param name="record">The record.</param>
    /// <param name="options">What it has where.</param>
    /// <param name="added">What the export added to it.</param>
    /// <param name="annotations">Its annotations.</param>
    public static RecordImage Read(JsonElement record, CocoOptions options, IReadOnlyList<AddedMember> added, IReadOnlyList<JsonElement> annotations)
    {
        var given = record.At(options.Image, added).Text() ?? "";
        var size = new ImageSize(record.At(options.Width, added).Pixels(), record.At(options.Height, added).Pixels());
        var address = given.Contains("://", StringComparison.Ordinal) && Uri.TryCreate(given, UriKind.Absolute, out var uri) ? uri : null;
        return new RecordImage(Relative(address is null ? given : Uri.UnescapeDataString(address.AbsolutePath)), address is null ? null : given, size.IsKnown ? size : SizeOf(annotations, options.ShownBy));
    }

    /// <summary>No drive, no root, no way up: a name that means the same below any folder.</summary>
    private static string Relative(string path)
    {
        var parts = path.Replace('\\', '/').Split('/').Where(IsName).ToList();
        while (parts is [[var letter, ':', ..] first, ..] && char.IsAsciiLetter(letter))
        {
            parts[0] = first[2..];
            if (!IsName(parts[0])) parts.RemoveAt(0);
        }

        return string.Join('/', parts);
    }

    private static bool IsName(string part) => part is not ("" or "." or "..");

    /// <summary>
    /// Label Studio says the size with each result, and a mask is as large as its image. Where results are of several images, or do not agree, nobody can tell: better none than another's.
    /// </summary>
    private static ImageSize SizeOf(IReadOnlyList<JsonElement> annotations, string? shownBy)
    {
        var results = annotations.Results().ToList();
        if (LabelStudioRegions.AreOfOneImage(results, shownBy))
        {
            var sizes = results.Where(r => r.IsOfImage(shownBy)).Select(r => r.DrawnOn()).Where(s => s.IsKnown).Distinct().Take(2).ToList();
            if (sizes.Count > 0) return sizes is [var size] ? size : default;
        }

        return annotations.Select(a => NativeAnnotation.MaskOf(a.At("segmentation"))).FirstOrDefault(m => m is not null) is { } mask ? new ImageSize(mask.Width, mask.Height) : default;
    }
}
