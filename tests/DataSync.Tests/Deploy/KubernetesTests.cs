using System.Text.RegularExpressions;
using k8s.Models;
using YamlDotNet.Core;

namespace DataSync.Tests.Deploy;

/// <summary>The manifests of <c>deploy/kubernetes</c> against the kinds' schemas, and against what our code reads and answers.</summary>
public sealed partial class KubernetesTests
{
    public static TheoryData<string> Roles => [.. ClusterFiles.Pods.Keys];

    [Fact]
    public void Every_file_is_of_known_kinds_and_members()
    {
        Assert.Equal(["api", "migrate", "worker"], ClusterFiles.Pods.Keys.Order(StringComparer.Ordinal));
        Assert.True(ClusterFiles.All.Count >= 15, $"only {ClusterFiles.All.Count}");
        var misspelt = SourceTree.Read("deploy/kubernetes/api.yaml").Replace("readOnlyRootFilesystem", "readOnlyRootFileSystem", StringComparison.Ordinal);
        Assert.Throws<YamlException>(() => ClusterFiles.Read(misspelt));
    }

    [Fact]
    public void Every_file_of_the_folder_is_applied_or_says_that_it_is_not()
        => Assert.Equal(
            ClusterFiles.Names.Concat(["kustomization.yaml", "prometheus-adapter.yaml"]).Order(StringComparer.Ordinal),
            Directory.EnumerateFiles(Path.Combine(Repository.Root, "deploy", "kubernetes")).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Roles))]
    public void Pod_may_do_nothing_it_need_not(string role)
    {
        var pod = ClusterFiles.Pods[role].Spec;
        Assert.Equal((true, "RuntimeDefault", false), (pod.SecurityContext.RunAsNonRoot, pod.SecurityContext.SeccompProfile.Type, pod.AutomountServiceAccountToken));
        Assert.NotEqual(0, pod.SecurityContext.RunAsUser);
        var container = Assert.Single(pod.Containers);
        Assert.Equal((false, true), (container.SecurityContext.AllowPrivilegeEscalation, container.SecurityContext.ReadOnlyRootFilesystem));
        Assert.Equal(["ALL"], container.SecurityContext.Capabilities.Drop);
        Assert.Null(container.SecurityContext.Capabilities.Add);
        Assert.Contains(container.VolumeMounts, m => m.MountPath == "/tmp");
        foreach (var kind in (string[])["cpu", "memory"])
        {
            Assert.True(container.Resources.Requests.ContainsKey(kind) && container.Resources.Limits.ContainsKey(kind));
        }
    }

    [Theory]
    [MemberData(nameof(Roles))]
    public void Container_is_our_image_in_the_role_of_its_name_with_settings_that_the_code_reads(string role)
    {
        var container = Assert.Single(ClusterFiles.Pods[role].Spec.Containers);
        Assert.Equal((role, "datasync", role), (container.Name, container.Image, container.Env.Single(e => e.Name == "DATASYNC_ROLE").Value));
        var settings = ClusterFiles.Of<V1ConfigMap>().Single(m => m.Metadata.Name == container.EnvFrom.Single().ConfigMapRef.Name).Data.Keys;
        Assert.Empty(container.Env.Select(e => e.Name).Concat(settings).Where(n => n.Contains("SYNC_", StringComparison.Ordinal)).Except(SourceTree.SettingsRead).Except(["DATASYNC_ROLE"]));
        Assert.Matches("newTag: [0-9]+\\.[0-9]+\\.[0-9]+", SourceTree.Read("deploy/kubernetes/kustomization.yaml"));
    }

    [Theory]
    [MemberData(nameof(Roles))]
    public void Secrets_are_referred_to_and_never_written_down(string role)
    {
        var pod = ClusterFiles.Pods[role].Spec;
        var container = Assert.Single(pod.Containers);
        Assert.Empty(ClusterFiles.Of<V1Secret>());
        Assert.All(container.Env.Where(e => e.Name.EndsWith("CONNECTION", StringComparison.Ordinal)), e => Assert.NotNull(e.ValueFrom.SecretKeyRef));
        Assert.Equal(role == "migrate" ? ["DATASYNC_OWNER_CONNECTION"] : ["DATASYNC_CONNECTION", "DATASYNC_SYSTEM_CONNECTION"], container.Env.Select(e => e.Name).Where(n => n.EndsWith("CONNECTION", StringComparison.Ordinal)));
        var masterKey = ClusterFiles.Of<V1ConfigMap>().Single().Data["DATASYNC_MASTER_KEY"];
        var mount = container.VolumeMounts.Single(m => masterKey.StartsWith($"file:{m.MountPath}/", StringComparison.Ordinal));
        Assert.NotNull(pod.Volumes.Single(v => v.Name == mount.Name).Secret);
        Assert.All(container.VolumeMounts, m => Assert.Contains(m.Name, pod.Volumes.Select(v => v.Name)));
    }

    [Theory]
    [InlineData("api")]
    [InlineData("worker")]
    public void Probes_ask_what_the_process_answers(string role)
    {
        var container = Assert.Single(ClusterFiles.Pods[role].Spec.Containers);
        Assert.Equal(
            ["/health/live", "/health/live", "/health/ready"],
            ((V1Probe[])[container.StartupProbe, container.LivenessProbe, container.ReadinessProbe]).Select(p => p.HttpGet.Path));
        var health = SourceTree.Read("src/DataSync/Platform/Monitoring/HealthEndpoints.cs");
        Assert.All((string[])["MapGroup(\"/health\")", "MapGet(\"/live\"", "MapGet(\"/ready\""], route => Assert.Contains(route, health, StringComparison.Ordinal));
        var port = Assert.Single(container.Ports);
        Assert.Equal(port.Name, container.ReadinessProbe.HttpGet.Port.Value);
        Assert.Contains($":{port.ContainerPort}", container.Env.Single(e => e.Name is "DATASYNC_URLS" or "DATASYNC_WORKER_URLS").Value, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("api")]
    [InlineData("worker")]
    public void Upgrade_takes_nothing_away_before_its_successor_is_there(string role)
    {
        var deployment = ClusterFiles.Of<V1Deployment>().Single(d => d.Metadata.Name == $"datasync-{role}");
        Assert.Equal("0", deployment.Spec.Strategy.RollingUpdate.MaxUnavailable.Value);
        var budget = ClusterFiles.Of<V1PodDisruptionBudget>().Single(b => b.Metadata.Name == $"datasync-{role}");
        Assert.Equal(deployment.Spec.Selector.MatchLabels, budget.Spec.Selector.MatchLabels);
        Assert.Equal(deployment.Spec.Selector.MatchLabels, deployment.Spec.Template.Metadata.Labels);
        var drain = int.Parse(Drain().Match(SourceTree.Read("src/DataSync.Host/Program.cs")).Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
        Assert.True(deployment.Spec.Template.Spec.TerminationGracePeriodSeconds > drain + 5);
        var scaler = ClusterFiles.Of<V2HorizontalPodAutoscaler>().Single(s => s.Spec.ScaleTargetRef.Name == deployment.Metadata.Name);
        Assert.True(scaler.Spec.MinReplicas >= 2);
    }

    /// <summary>A number in the manifest would be put over the autoscaler's by each upgrade.</summary>
    [Fact]
    public void Deployment_that_is_scaled_has_no_number_of_its_own()
    {
        var deployments = ClusterFiles.Of<V1Deployment>().ToDictionary(d => d.Metadata.Name, StringComparer.Ordinal);
        var scaled = ClusterFiles.Of<V2HorizontalPodAutoscaler>().Select(s => s.Spec.ScaleTargetRef.Name).Order(StringComparer.Ordinal).ToList();
        Assert.Equal(["datasync-api", "datasync-worker"], scaled);
        Assert.All(scaled, name => Assert.Null(deployments[name].Spec.Replicas));
        Assert.DoesNotContain("replicas:", SourceTree.Read("deploy/kubernetes/kustomization.yaml"), StringComparison.Ordinal);
    }

    [Fact]
    public void Workers_follow_the_age_of_the_queue()
    {
        var metric = Assert.Single(ClusterFiles.Of<V2HorizontalPodAutoscaler>().Single(s => s.Metadata.Name == "datasync-worker").Spec.Metrics).External.Metric.Name;
        Assert.Equal("datasync_queue_age_seconds", metric);
        Assert.Contains($"seriesQuery: {metric}{{namespace", SourceTree.Read("deploy/kubernetes/prometheus-adapter.yaml"), StringComparison.Ordinal);
        const string Gauges = "src/DataSync/Jobs/Metrics/QueueGauges.cs";
        Assert.SkipUnless(SourceTree.Exists(Gauges), "The gauge of the queue's age is not here yet.");
        Assert.Contains("CreateObservableGauge(\"datasync.queue.age\", () => _load.AgeSeconds, \"s\"", SourceTree.Read(Gauges), StringComparison.Ordinal);
    }

    [Fact]
    public void Network_is_closed_but_for_what_is_named()
    {
        var policies = ClusterFiles.Of<V1NetworkPolicy>().ToDictionary(p => p.Metadata.Name, StringComparer.Ordinal);
        var deny = policies["datasync-deny"].Spec;
        Assert.Equal(["Ingress", "Egress"], deny.PolicyTypes);
        Assert.True(deny.Ingress is null && deny.Egress is null && (deny.PodSelector.MatchLabels is null || deny.PodSelector.MatchLabels.Count == 0));
        Assert.All(policies.Values.SelectMany(p => p.Spec.Ingress ?? []).SelectMany(i => i.Ports), port => Assert.Contains(port.Port.Value, ClusterFiles.Pods.Values.SelectMany(p => p.Spec.Containers).SelectMany(c => c.Ports ?? []).Select(p => p.Name)));
        Assert.Contains("169.254.0.0/16", policies["datasync-out"].Spec.Egress.SelectMany(e => e.To).Where(t => t.IpBlock?.Except is not null).SelectMany(t => t.IpBlock.Except));
    }

    [Fact]
    public void TLS_ends_in_the_process_with_a_certificate_from_a_secret()
    {
        var pod = ClusterFiles.Pods["api"].Spec;
        var container = Assert.Single(pod.Containers);
        Assert.StartsWith("https://", container.Env.Single(e => e.Name == "DATASYNC_URLS").Value, StringComparison.Ordinal);
        var mount = container.VolumeMounts.Single(m => container.Env.Single(e => e.Name == "Kestrel__Certificates__Default__KeyPath").Value.StartsWith(m.MountPath + "/", StringComparison.Ordinal));
        Assert.NotNull(pod.Volumes.Single(v => v.Name == mount.Name).Secret);
        Assert.Equal("https", ClusterFiles.Of<V1Service>().Single().Spec.Ports.Single().TargetPort.Value);
    }

    [GeneratedRegex(@"ShutdownTimeout = TimeSpan\.FromSeconds\((\d+)\)")]
    private static partial Regex Drain();
}
