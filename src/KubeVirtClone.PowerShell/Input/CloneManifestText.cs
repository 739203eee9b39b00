using System.Text.Json.Nodes;
using KubeVirtClone.Engine;
using KubeVirtClone.Engine.Manifests;
using KubeVirtClone.Engine.Planning;

namespace KubeVirtClone.Input;

/// <summary>A request as a manifest for kubectl.</summary>
internal static class CloneManifestText
{
    private const string UnknownNamespace = "default";

    /// <summary>YAML of the clone object, or the fault that keeps it from being sent.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="apiVersion">v1beta1 or v1alpha1.</param>
    /// <param name="batch">Batch id.</param>
    /// <param name="ordinal">Which one of the batch's clones of this source without a name of its own it is, from 0.</param>
    /// <param name="warnings">What it will do that may not be meant.</param>
    /// <param name="fault">Why it cannot be sent; null when it can.</param>
    public static string Write(
        VMCloneRequest request, string apiVersion, string batch, int ordinal, out IReadOnlyList<string> warnings, out Fault? fault)
    {
        var complete = request.ToEngine();
        if (complete.Namespace.Length == 0) complete = complete with { Namespace = UnknownNamespace };
        var check = RequestRules.Check(complete, batch, ordinal);
        warnings = check.Warnings;
        fault = check.Fault;
        if (fault is not null) return "";
        var manifest = CloneManifest.Build(check.Request, $"{KubeVirtKinds.CloneGroup}/{apiVersion}");
        // Where no namespace is known the manifest names none: `kubectl create` then takes its own.
        if (request.Namespace.Length == 0) ((JsonObject)manifest["metadata"]!).Remove("namespace");
        return CloneManifest.ToYaml(manifest).TrimEnd('\n');
    }
}
