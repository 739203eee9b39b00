using System.Collections.Concurrent;
using System.Reflection;

namespace KubeVirtClone.Kubernetes.Transport;

/// <summary>The official client's typed calls with every name escaped.</summary>
/// <remarks>
/// It puts names into paths as they are: <c>x/../../../secrets/s</c> would reach another object than the one whose name it is. By the time it asks to
/// send something the path is one text, so the names are escaped on their way in. What goes into a query it escapes itself.
/// </remarks>
#pragma warning disable CA1852 // The runtime derives from it.
internal class EscapedPaths : DispatchProxy
#pragma warning restore CA1852
{
    /// <summary>The parameters of the generated calls that become a part of the path.</summary>
    private static readonly HashSet<string> InPath = new(StringComparer.Ordinal)
    {
        "name", "namespaceParameter", "path", "logpath", "group", "version", "plural", "resourcePlural",
    };

    private readonly ConcurrentDictionary<MethodInfo, bool[]> _escaped = new();
    private readonly ConcurrentDictionary<Type, object> _groups = new();
    private object _inner = null!;

    public static k8s.IKubernetes Over(k8s.IKubernetes client)
    {
        var proxy = Create<k8s.IKubernetes, EscapedPaths>();
        ((EscapedPaths)(object)proxy)._inner = client;
        return proxy;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        ArgumentNullException.ThrowIfNull(targetMethod);
        if (targetMethod is { IsSpecialName: true, ReturnType: { IsInterface: true } group })
            return _groups.GetOrAdd(group, static (type, inner) => Group(type, inner), _inner);
        args ??= [];
        var escaped = _escaped.GetOrAdd(
            targetMethod.IsGenericMethod ? targetMethod.GetGenericMethodDefinition() : targetMethod,
            static method => [.. method.GetParameters().Select(each => each.ParameterType == typeof(string) && InPath.Contains(each.Name!))]);
        for (var i = 0; i < escaped.Length; i++)
        {
            if (escaped[i] && args[i] is string name)
                args[i] = ResourceKind.Escape(name);
        }

        return targetMethod.Invoke(_inner, BindingFlags.DoNotWrapExceptions, binder: null, args, culture: null);
    }

    private static object Group(Type type, object client)
    {
        var proxy = Create(type, typeof(EscapedPaths));
        ((EscapedPaths)proxy)._inner = client;
        return proxy;
    }
}
