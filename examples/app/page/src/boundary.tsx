import { Component, type ReactNode } from "react";

interface Props {
  children: ReactNode;
  fallback: (error: Error) => ReactNode;
}

/** Between attempts, in ms. */
const PAUSE = 1000;

/** Shows what a query failed with, and tries again after a while: what kept it from working may be over. */
export class Boundary extends Component<Props, { error: Error | null }> {
  override state = { error: null as Error | null };
  private again: ReturnType<typeof setTimeout> | undefined;

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override componentDidCatch() {
    this.again = setTimeout(() => this.setState({ error: null }), PAUSE);
  }

  override componentWillUnmount() {
    clearTimeout(this.again);
  }

  override render() {
    const { error } = this.state;
    return error === null ? this.props.children : this.props.fallback(error);
  }
}
