using k8s;
using k8s.Models;

namespace DataSync.Tests.Deploy;

/// <summary><c>deploy/kubernetes</c> as a cluster would take it: each document by the schema of its kind, in which no unknown member may stand.</summary>
static class ClusterFiles
{
    /// <summary>The files that the kustomization names.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        .. SourceTree.Read("deploy/kubernetes/kustomization.yaml").Split('\n').Where(l => l.StartsWith("  - ", StringComparison.Ordinal) && l.EndsWith(".yaml", StringComparison.Ordinal)).Select(l => l[4..]),
    ];

    public static IReadOnlyList<object> All { get; } = [.. Names.SelectMany(name => Read(SourceTree.Read($"deploy/kubernetes/{name}")))];

    public static List<object> Read(string yaml) => KubernetesYaml.LoadAllFromString(yaml, strict: true);

    public static IEnumerable<T> Of<T>() => All.OfType<T>();

    /// <summary>What runs, by its role.</summary>
    public static IReadOnlyDictionary<string, V1PodTemplateSpec> Pods { get; } = Of<V1Deployment>().Select(d => d.Spec.Template).Concat(Of<V1Job>().Select(j => j.Spec.Template))
        .ToDictionary(t => t.Metadata.Labels["app.kubernetes.io/component"], StringComparer.Ordinal);
}
