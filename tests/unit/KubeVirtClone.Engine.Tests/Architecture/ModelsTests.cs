using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.Json.Serialization;
using k8s;
using k8s.Models;
using KubeVirtClone.Engine.Cluster;

namespace KubeVirtClone.Engine.Tests.Architecture;

/// <summary>A program compiled ahead as a whole reads and writes the models that the client names, and no others.</summary>
public sealed class ModelsTests
{
    [Fact]
    public void Every_model_that_the_engine_speaks_of_is_one_the_client_can_read_without_compiling_at_run_time()
    {
        var named = typeof(Kubernetes.KubernetesObject).Assembly.GetTypes().Single(type => type.Name == "UsedModels").GetCustomAttributesData()
            .Where(each => each.AttributeType == typeof(JsonSerializableAttribute)).Select(each => ((Type)each.ConstructorArguments[0].Value!).FullName).ToList();
        using var file = new PEReader(File.OpenRead(typeof(KubeVirtCluster).Assembly.Location));
        var engine = file.GetMetadataReader();

        var used = engine.TypeReferences.Select(engine.GetTypeReference)
            .Where(type => engine.GetString(type.Namespace) == typeof(V1Secret).Namespace)
            .Select(type => typeof(V1Secret).Assembly.GetType($"{typeof(V1Secret).Namespace}.{engine.GetString(type.Name)}"))
            .Where(type => type?.IsInterface == false && typeof(IKubernetesObject).IsAssignableFrom(type)).Select(type => type!.FullName).ToList();

        used.ShouldContain(typeof(V1Secret).FullName);
        used.Except(named).ShouldBeEmpty();
    }
}
