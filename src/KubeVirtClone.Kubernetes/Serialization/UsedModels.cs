using System.Text.Json;
using System.Text.Json.Serialization;
using k8s.Models;
using static k8s.KubernetesJson;

namespace KubeVirtClone.Kubernetes.Serialization;

/// <summary>The models that are used, read and written as the official client does, by code made for them when this is compiled.</summary>
[JsonSourceGenerationOptions(
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    Converters = [typeof(Iso8601TimeSpanConverter), typeof(KubernetesDateTimeConverter), typeof(KubernetesDateTimeOffsetConverter)])]
[JsonSerializable(typeof(JsonElement))] // What the models take as it comes.
[JsonSerializable(typeof(Corev1Event))]
[JsonSerializable(typeof(V1ConfigMap))]
[JsonSerializable(typeof(V1LimitRange))]
[JsonSerializable(typeof(V1PersistentVolumeClaim))]
[JsonSerializable(typeof(V1ResourceQuota))]
[JsonSerializable(typeof(V1Secret))]
[JsonSerializable(typeof(V1SelfSubjectAccessReview))]
[JsonSerializable(typeof(V1SelfSubjectReview))]
[JsonSerializable(typeof(V1StorageClass))]
internal sealed partial class UsedModels : JsonSerializerContext;
