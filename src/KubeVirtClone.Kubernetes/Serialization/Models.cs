using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using k8s;

namespace KubeVirtClone.Kubernetes.Serialization;

/// <summary>The official client's models of Kubernetes' own kinds, from and to JSON.</summary>
internal static class Models
{
    /// <exception cref="ApiAnswerInvalidException">The JSON does not fit the model.</exception>
    public static T Read<T>(ReadOnlySpan<byte> json, string request)
    {
        try
        {
            return JsonSerializer.Deserialize(json, TypeOf<T>()) ?? throw new ApiAnswerInvalidException($"{request}: the answer is empty.");
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            // Its message may quote the answer, and that may be a Secret.
            throw new ApiAnswerInvalidException($"{request}: the answer is not a {typeof(T).Name}{At(e)}.");
        }
    }

    public static T Read<T>(JsonElement json, string what)
    {
        try
        {
            return json.Deserialize(TypeOf<T>()) ?? throw new ApiAnswerInvalidException($"{what} is null.");
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            throw new ApiAnswerInvalidException($"{what} is not what a {typeof(T).Name} is{At(e)}.");
        }
    }

    public static JsonObject Write<T>(T model) => JsonSerializer.SerializeToNode(model, TypeOf<T>())!.AsObject();

    private static string At(Exception error) => error is JsonException { Path: { Length: > 1 } path } ? $" (at {path})" : "";

    private static JsonTypeInfo<T> TypeOf<T>() => (JsonTypeInfo<T>?)UsedModels.Default.GetTypeInfo(typeof(T))
        ?? (RuntimeFeature.IsDynamicCodeSupported ? (JsonTypeInfo<T>)Official.Options.GetTypeInfo(typeof(T)) : throw new NotSupportedException($"{nameof(UsedModels)} does not name {typeof(T).Name}."));

    /// <summary>The official client's own way, for all its models. What is compiled ahead as a whole leaves it out: it is a third of everything.</summary>
    private static class Official
    {
        public static JsonSerializerOptions Options { get; } = OptionsOf();

        private static JsonSerializerOptions OptionsOf()
        {
            JsonSerializerOptions? options = null;
            KubernetesJson.AddJsonOptions(official => options = official);
            return options!;
        }
    }
}
