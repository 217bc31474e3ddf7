using YamlDotNet.Core;
using YamlDotNet.Serialization;
using Map = System.Collections.Generic.Dictionary<object, object?>;

namespace DataSync.Tests.Deploy;

/// <summary><c>docker-compose.yml</c> as an engine would see it: anchors resolved, merge keys merged.</summary>
static class ComposeFile
{
    static readonly Map Document = new DeserializerBuilder().Build()
        .Deserialize<Map>(new MergingParser(new Parser(new StringReader(SourceTree.Read("docker-compose.yml")))));

    public static IEnumerable<string> Services => ((Map)Document["services"]!).Keys.Cast<string>();

    public static IEnumerable<string> Volumes => ((Map)Document["volumes"]!).Keys.Cast<string>();

    public static Map Service(string name) => (Map)((Map)Document["services"]!)[name]!;

    public static Dictionary<string, string> Environment(string service)
        => ((Map)Service(service)["environment"]!).ToDictionary(pair => (string)pair.Key, pair => (string)pair.Value!);

    public static Dictionary<string, string> DependsOn(string service)
        => ((Map)Service(service)["depends_on"]!).ToDictionary(pair => (string)pair.Key, pair => (string)((Map)pair.Value!)["condition"]!);

    public static IReadOnlyList<string> Mounts(string service) => [.. ((List<object>)Service(service)["volumes"]!).Cast<string>()];
}
