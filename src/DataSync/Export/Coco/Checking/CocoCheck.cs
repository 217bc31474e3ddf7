using System.Text.Json;

namespace DataSync.Export.Coco.Checking;

/// <summary>Checks a COCO file of objects: against the format, and against what the tools that read it fail at, drop or read wrongly. One pass; memory grows by ids alone.</summary>
internal sealed class CocoCheck
{
    private static readonly HashSet<string> Lists = new(StringComparer.Ordinal) { "images", "annotations", "categories" };
    private static readonly string[] Wanted = ["info", "licenses"];
    private readonly CocoFindings _findings = new();
    private readonly HashSet<string> _members = new(StringComparer.Ordinal);
    private readonly ImageCheck _images;
    private readonly CategoryCheck _categories;
    private readonly AnnotationCheck _annotations;

    private CocoCheck()
    {
        _images = new ImageCheck(_findings);
        _categories = new CategoryCheck(_findings);
        _annotations = new AnnotationCheck(_findings, _images, _categories);
    }

    /// <summary>Reads the file to its end, or to where it is no JSON any more.</summary>
    public static async Task<CocoFindings> RunAsync(Stream file, CancellationToken ct)
    {
        var check = new CocoCheck();
        try
        {
            using var parts = new RootParts(file, Lists);
            while (await parts.NextAsync(ct) is { } part) check.Look(part);
        }
        catch (JsonException)
        {
            check._findings.Error("$", "coco.not_json");
            return check._findings;
        }

        check.Finish();
        return check._findings;
    }

    private void Look(RootPart part)
    {
        foreach (var torn in part.Torn) _findings.Error(torn, "coco.torn_text");
        if (part.Index < 0 && !_members.Add(part.Member)) _findings.Error(part.Path, "coco.member_twice");
        if (part.Index < 0 && part.Value.ValueKind == JsonValueKind.Undefined) return;
        switch (part.Member)
        {
            case "images" when part.Index >= 0: _images.Look(part.Value, part.Index); break;
            case "categories" when part.Index >= 0: _categories.Look(part.Value, part.Index); break;
            case "annotations" when part.Index >= 0: _annotations.Look(part.Value, part.Index); break;
            case "images" or "annotations" or "categories" or "licenses" when part.Value.ValueKind != JsonValueKind.Array: _findings.Error(part.Path, "coco.not_a_list"); break;
            case "info" when part.Value.ValueKind != JsonValueKind.Object: _findings.Error(part.Path, "coco.not_an_object"); break;
            case "licenses": _images.Licenses(part.Value); break;
        }
    }

    private void Finish()
    {
        foreach (var needed in Lists.Where(l => !_members.Contains(l)).Order(StringComparer.Ordinal)) _findings.Error(Places.Part(needed, -1), "coco.missing");
        foreach (var wanted in Wanted.Where(m => !_members.Contains(m))) _findings.Warn(Places.Part(wanted, -1), "coco.wanted");
        _images.Finish();
        _annotations.Finish();
    }
}
