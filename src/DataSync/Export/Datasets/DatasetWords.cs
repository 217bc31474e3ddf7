using DataSync.Pipeline;
using DataSync.Platform.Localization;

namespace DataSync.Export.Datasets;

/// <summary>
/// What <c>README.md</c> and <c>croissant.json</c> say to people, in the language of the job: whoever makes its files again says the same. Names that machines read are no texts.
/// </summary>
internal sealed class DatasetWords(Messages messages, string language)
{
    private static readonly string[] Columns = ["file", "part", "format", "records", "bytes"];

    /// <summary>The value of <c>@language</c>: the language that the descriptions really come in. English is <c>en</c>, as in Croissant's own examples.</summary>
    public string Tag => messages.Spoken("dataset.records", language) switch
    {
        Messages.FallbackLanguage => "en",
        var spoken => spoken,
    };

    /// <summary>What a table of files has in its columns.</summary>
    public IEnumerable<string> Header => Columns.Select(column => messages.Format($"dataset.column.{column}", language));

    /// <summary>Where hashes and descriptions are.</summary>
    public string Others => messages.Format("dataset.others", language);

    public string Creator(string creator) => messages.Format("dataset.creator", language, ("creator", creator));

    public string License(string license) => messages.Format("dataset.license", language, ("license", license));

    /// <summary>Where more is said of it.</summary>
    /// <param name="url">The address as the text is to show it.</param>
    public string Home(string url) => messages.Format("dataset.home", language, ("url", url));

    /// <summary>What a file's records are. Their number has no groups: those come from the machine's cultures, and the next machine may have none.</summary>
    public string Records(ExportedFile file) => messages.Format("dataset.records", language, ("file", file.Name), ("records", file.Records));
}
