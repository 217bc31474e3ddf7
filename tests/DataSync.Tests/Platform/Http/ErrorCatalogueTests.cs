using System.Text.RegularExpressions;
using DataSync.Platform.Http.Errors;
using DataSync.Platform.Localization;

namespace DataSync.Tests.Platform.Http;

public sealed partial class ErrorCatalogueTests
{
    private static readonly ErrorCatalogue Catalogue = ErrorCatalogue.Load();
    private static readonly Messages Messages = Messages.Load(typeof(Messages).Assembly);

    [Fact]
    public void Errors_are_well_formed()
        => Assert.All(Catalogue.All, error =>
        {
            Assert.Matches("^SYNC_[0-9]{3}$", error.Code);
            Assert.Contains(error.Type, new[] { "ConnectionError", "ValidationError", "ProcessingError", "SecurityError", "ResourceError" });
            Assert.InRange(error.Status, 400, 599);
            Assert.Matches(@"^errors(\.[a-z0-9_]+)+$", error.Key);
            Assert.All(Messages.Languages, language => Assert.Contains(error.Key, Messages.Keys(language)));
        });

    [Fact]
    public void Codes_and_keys_are_unique()
    {
        Assert.Distinct(Catalogue.All.Select(e => e.Code));
        Assert.Distinct(Catalogue.All.Select(e => e.Key));
    }

    [Fact]
    public void Every_type_has_a_title()
        => Assert.All(Catalogue.All.Select(e => $"titles.{e.Type}").Distinct(), key => Assert.NotNull(Messages.Template(key, Messages.FallbackLanguage)));

    /// <summary>
    /// A key in the code is in the language files; a key of <c>errors.…</c> is in the catalogue too, except where its statement makes a <c>Fault</c>: the
    /// answer's code is then that of the whole request.
    /// </summary>
    [Fact]
    public void Every_key_in_the_code_is_catalogued_and_has_its_texts()
    {
        List<string> wrong = [];
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories).Where(f => !f.Contains("/obj/", StringComparison.Ordinal)))
        {
            var code = Comments().Replace(File.ReadAllText(file), "");
            foreach (Match match in Literals().Matches(code))
            {
                var key = match.Groups["key"].Value;
                if (key == "errors.json") continue; // the catalogue's own file
                if (key.EndsWith('_') && Messages.Keys(Messages.FallbackLanguage).Any(k => k.StartsWith(key, StringComparison.Ordinal))) continue; // the rest is added there
                if (Messages.Template(key, Messages.FallbackLanguage) is null) wrong.Add($"{Path.GetFileName(file)}: {key} has no text");
                else if (key.StartsWith("errors.", StringComparison.Ordinal) && Catalogue.Find(key) is null && !IsOfFault(code, match.Index)) wrong.Add($"{Path.GetFileName(file)}: {key} is not in errors.json");
            }
        }

        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
    }

    [Fact]
    public void Document_of_errors_is_up_to_date()
    {
        var path = Path.Combine(Repository.Root, "docs/errors.md");
        var document = ErrorDocument.Write(Catalogue, Messages);
        if (Environment.GetEnvironmentVariable("DATASYNC_UPDATE_DOCS") == "1") File.WriteAllText(path, document);

        Assert.True(document == File.ReadAllText(path), "docs/errors.md is out of date: run this test with DATASYNC_UPDATE_DOCS=1.");
    }

    private static bool IsOfFault(string code, int at)
    {
        var start = code.LastIndexOfAny([';', '{', '}'], at) + 1;
        return code[start..at].Contains("Fault", StringComparison.OrdinalIgnoreCase) || code[start..at].Contains("Refuse(", StringComparison.Ordinal);
    }

    [GeneratedRegex("\"(?<key>(errors|faults|hints|titles|login)(\\.[a-z0-9_]+)+)\"")]
    private static partial Regex Literals();

    [GeneratedRegex("^\\s*///?.*$", RegexOptions.Multiline)]
    private static partial Regex Comments();
}
