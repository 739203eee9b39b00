using System.Reflection;

namespace KubeVirtClone.Kubernetes.Transport;

/// <summary>What this client calls itself.</summary>
internal static class ProductVersion
{
    /// <summary>Product name; also the field manager the server derives from it.</summary>
    public static string Product { get; } =
        typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyProductAttribute>()?.Product ?? typeof(ProductVersion).Assembly.GetName().Name!;

    /// <summary><c>Product/version</c>.</summary>
    public static string UserAgent { get; } = $"{Product}/{Version()}";

    private static string Version()
    {
        var assembly = typeof(ProductVersion).Assembly;
        var version = assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? assembly.GetName().Version!.ToString();
        return version.Split('+', 2)[0];
    }
}
