using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Methods.Tests.Virtual;
using KubeVirtClone.Sandbox.Seeding;

namespace KubeVirtClone.Methods.Tests.Equality;

/// <summary>Over random machines, filters and identities: both methods make the same machine, or both refuse for the same reason.</summary>
public sealed class EqualityPropertyTests
{
    private static readonly string[] Keys = ["app", "team", "example.com/owner", "kubevirt.io/vm", "ovn.kubernetes.io/ip_address", "a~b", "x.y/z"];

    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(40);

    [Fact]
    public void Both_methods_make_the_same_of_any_machine_and_request()
    {
        var made = 0;
        Prop.ForAll((from machine in Machine() from request in Request() select new Sample(machine, request)).ToArbitrary(), sample =>
        {
            var outcomes = Task.WhenAll(MakeAsync(sample, CloneMethodChoice.Clone), MakeAsync(sample, CloneMethodChoice.Restore)).GetAwaiter().GetResult();
            var differences = Outcome.Differences(outcomes[0], outcomes[1]);
            if (outcomes[0].Fault is null)
                Interlocked.Increment(ref made);
            differences.ShouldBeEmpty(sample + Environment.NewLine + string.Join(Environment.NewLine, differences.Take(10)));
        }).Check(Runs);
        // Some combinations are refused, by both; most are not.
        made.ShouldBeGreaterThan(Runs.MaxTest / 4);
    }

    private static async Task<Outcome> MakeAsync(Sample sample, CloneMethodChoice method)
    {
        await using var cluster = new VirtualCluster();
        foreach (var item in new[] { DemoSeed.Claim("data", "fast", "1Gi"), (JsonObject)JsonNode.Parse(sample.Machine)! })
            cluster.Sandbox.Post(cluster.Sandbox.Find(item), "default", item)["httpStatus"]!.GetValue<int>().ShouldBe(201);
        cluster.Settle(TimeSpan.FromSeconds(20));
        return await Outcome.MakeAsync(cluster, sample.Request, method);
    }

    private static Gen<string> Machine() =>
        from labels in Map()
        from annotations in Map()
        from templateLabels in Map()
        from templateAnnotations in Map()
        from networks in Gen.Elements(true, false)
        from data in Gen.Elements(true, false)
        from firmware in Gen.Elements<string?>(null, "{}", """{"uuid":"5d307ca9-b3ef-428c-8861-06e72d69f223"}""", """{"serial":"s-1","bootloader":{"efi":{"secureBoot":false}}}""")
        from strategy in Gen.Elements("Halted", "Manual", "RerunOnFailure")
        select Build(labels, annotations, templateLabels, templateAnnotations, networks, data, firmware, strategy);

    private static string Build(JsonObject labels, JsonObject annotations, JsonObject templateLabels, JsonObject templateAnnotations, bool networks, bool data, string? firmware, string strategy)
    {
        var machine = DemoSeed.Machine("src", "any", data ? [DemoSeed.ContainerDisk(), DemoSeed.ClaimDisk("data", "data")] : [DemoSeed.ContainerDisk()], networks);
        machine["metadata"]!["labels"] = labels;
        machine["metadata"]!["annotations"] = annotations;
        machine["spec"]!["runStrategy"] = strategy;
        machine["spec"]!["template"]!["metadata"] = new JsonObject { ["labels"] = templateLabels, ["annotations"] = templateAnnotations };
        if (firmware is not null)
            machine["spec"]!["template"]!["spec"]!["domain"]!["firmware"] = JsonNode.Parse(firmware);
        return machine.ToJsonString();
    }

    private static Gen<JsonObject> Map() =>
        from keys in Gen.SubListOf([.. Keys.Where(k => k != "a~b")])
        from values in Gen.Elements("", "v", "a-b").ArrayOf(Keys.Length)
        select new JsonObject(keys.Select((k, i) => KeyValuePair.Create<string, JsonNode?>(k, values[i])));

    private static Gen<CloneRequest> Request() =>
        from labels in Filters()
        from annotations in Filters()
        from templateLabels in Filters()
        from templateAnnotations in Filters()
        from mac in Gen.Elements<string?>(null, "02:00:00:00:00:11", "02-00-00-00-00-12", "")
        from serial in Gen.Elements<string?>(null, "serial-1", "a:b,c", "")
        from policy in Gen.Elements<string?>(null, "RandomizeNames", "PrefixTargetName")
        from hostname in Gen.Elements<string?>(null, "guest-1")
        from label in Gen.Elements<string?>(null, "blue")
        from annotation in Gen.Elements<string?>(null, "x:y,{z}", "")
        from strategy in Gen.Elements<string?>(null, "Halted", "Manual")
        from excluded in Gen.Elements<string?>(null, "app", "*.io/*", "t?am")
        from preset in Gen.Elements(NetworkPreset.None, NetworkPreset.KubeOvn)
        from without in Gen.Frequency((6, Gen.Constant(CloneOmissions.None)), (1, Gen.Constant(CloneOmissions.Network)), (1, Gen.Constant(CloneOmissions.Labels)))
        select new CloneRequest
        {
            Namespace = "default",
            SourceName = "src",
            TargetName = "dst",
            LabelFilter = labels,
            AnnotationFilter = annotations,
            TemplateLabelFilter = templateLabels,
            TemplateAnnotationFilter = templateAnnotations,
            MacAddresses = mac is null ? null : new Dictionary<string, string>(StringComparer.Ordinal) { ["default"] = mac },
            SmbiosSerial = serial,
            VolumeNamePolicy = policy,
            Hostname = hostname,
            TargetLabels = label is null ? null : new Dictionary<string, string>(StringComparer.Ordinal) { ["team"] = label },
            TargetAnnotations = annotation is null ? null : new Dictionary<string, string>(StringComparer.Ordinal) { ["example.com/owner"] = annotation },
            RunStrategy = strategy,
            ExcludeLabels = excluded is null ? null : [excluded],
            NetworkPreset = preset,
            Without = without,
        };

    private static Gen<IReadOnlyList<string>?> Filters() => Gen.Frequency(
        (3, Gen.Constant<IReadOnlyList<string>?>(null)),
        (1, Gen.Elements<IReadOnlyList<string>?>(["*"], ["*", "!app"], ["*", "!example.com/*"], ["app", "team"], ["!kubevirt.io/vm", "*"], ["a*", "!team"])));

    private sealed record Sample(string Machine, CloneRequest Request);
}
