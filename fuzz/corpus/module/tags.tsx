export const Page = ({ a }) => <p className="x" {...a}>it's <b>{`y`}</b> <br/>{/* ` */}</p>;
export const g = <T,>(x: T) => <A<T> b={<i/>} c=<u/>>`</A>;
