using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace DataSync.Tests.Deploy;

public sealed partial class DockerfileTests
{
    static readonly string Text = SourceTree.Read("deploy/Dockerfile");

    static readonly string[][] Copies =
    [
        .. Copy().Matches(Text).Select(match => match.Groups["paths"].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(words => !words[0].StartsWith("--", StringComparison.Ordinal)),
    ];

    [Fact]
    public void Copied_files_exist()
    {
        var sources = Copies.SelectMany(words => words[..^1]).ToList();
        Assert.NotEmpty(sources);
        Assert.All(sources, source => Assert.True(SourceTree.Exists(source), source));
    }

    [Fact]
    public void Project_is_built_by_its_path()
    {
        var projects = Project().Matches(Text).Select(match => match.Value).Distinct().ToList();
        Assert.NotEmpty(projects);
        Assert.All(projects, project => Assert.True(SourceTree.Exists(project), project));
    }

    [Fact]
    public void Restore_finds_every_project_that_the_host_refers_to()
    {
        var copied = Copies.SelectMany(words => words[..^1]).ToHashSet();
        Assert.All(ProjectsOf("src/DataSync.Host/DataSync.Host.csproj"), project =>
        {
            Assert.Contains(project, copied);
            Assert.Contains($"{Path.GetDirectoryName(project)}/packages.lock.json", copied);
        });
    }

    [Fact]
    public void Last_stage_does_not_run_as_root() => Assert.Matches(@"(?m)^USER \$APP_UID$", Text[Text.LastIndexOf("FROM ", StringComparison.Ordinal)..]);

    [Fact]
    public void Entry_point_is_what_the_project_builds() => Assert.Contains("ENTRYPOINT [\"dotnet\", \"DataSync.Host.dll\"]", Text, StringComparison.Ordinal);

    [Fact]
    public void Settings_it_sets_are_read_by_the_code()
    {
        var set = Setting().Matches(Text).Select(match => match.Value).Distinct().Except(["DATASYNC_ROLE"]).ToList();
        Assert.NotEmpty(set);
        Assert.Empty(set.Except(SourceTree.SettingsRead));
    }

    static IEnumerable<string> ProjectsOf(string project)
        => XDocument.Parse(SourceTree.Read(project)).Descendants("ProjectReference")
            .Select(reference => Path.GetRelativePath(Repository.Root, Path.GetFullPath(Path.Combine(Repository.Root, Path.GetDirectoryName(project)!, (string)reference.Attribute("Include")!))))
            .SelectMany(ProjectsOf).Append(project).Distinct();

    [GeneratedRegex(@"^COPY (?<paths>.+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Copy();

    [GeneratedRegex(@"\S+\.csproj", RegexOptions.ExplicitCapture)]
    private static partial Regex Project();

    [GeneratedRegex(@"DATASYNC_[A-Z_]+", RegexOptions.ExplicitCapture)]
    private static partial Regex Setting();
}
